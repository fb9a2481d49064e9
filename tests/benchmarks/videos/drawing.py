"""Draws texts on their panels into frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

# RGB, shape (height, width, 3).
Picture = NDArray[np.uint8]
Mask = NDArray[np.float32]
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]

FONT_FOLDER = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
# As much as makes 1.2 Mbit/s and 2 ms of decoding a frame; at half of it x264 keeps none.
GRAINS, GRAIN = 8, 4.0


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set: a font of FONT_FOLDER, pixels of its size, ink and ground."""

    font: str
    size: int
    ink: Colour
    ground: Colour


def padding(style: Style) -> int:
    """Pixels of ground round the text."""
    return style.size // 3


@lru_cache(maxsize=4096)
def panel_size(text: str, style: Style) -> tuple[int, int]:
    """Width and height of the panel of a text; the height is the same for every text."""
    font, pad = _font(style.font, style.size), padding(style)
    ascent, descent = font.getmetrics()
    return int(font.getlength(text)) + 1 + 2 * pad, ascent + descent + 2 * pad


@lru_cache(maxsize=4096)
def ink_box(text: str, style: Style) -> Box:
    """Left, top, right and bottom of the ink, in pixels from the panel's corner."""
    pad = padding(style)
    left, top, right, bottom = _font(style.font, style.size).getbbox(text)
    return int(left) + pad, int(top) + pad, int(right) + pad, int(bottom) + pad


def panel(texts: Sequence[tuple[str, float]], style: Style, width: int) -> Picture:
    """A panel that shows texts over each other, each with a strength from 0 to 1."""
    height = panel_size(texts[0][0], style)[1]
    ink = sum(
        (_mask(text, style, width, height) * strength for text, strength in texts), np.float32(0)
    )
    ground, colour = np.float32(style.ground), np.float32(style.ink)
    return np.rint(ground + np.minimum(ink, 1)[..., None] * (colour - ground)).astype(np.uint8)


def background(seed: int, size: tuple[int, int]) -> Picture:
    """A soft, uneven ground for a frame of that width and height."""
    rng = np.random.default_rng((seed, 71))
    coarse = rng.uniform(70, 180, (6, 10, 1)) + rng.uniform(-25, 25, (6, 10, 3))
    smooth = cv2.resize(coarse.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth, 0, 255).astype(np.uint8)


def grains(seed: int, size: tuple[int, int]) -> tuple[NDArray[np.int16], ...]:
    """What a camera's noise adds to a frame, the same to every colour."""
    rng = np.random.default_rng((seed, 72))
    width, height = size
    noise = (rng.normal(0.0, GRAIN, (height, width, 1)) for _ in range(GRAINS))
    return tuple(np.rint(one).astype(np.int16).repeat(3, axis=2) for one in noise)


@lru_cache(maxsize=256)
def _mask(text: str, style: Style, width: int, height: int) -> Mask:
    image = Image.new("L", (width, height))
    pad = padding(style)
    ImageDraw.Draw(image).text((pad, pad), text, 255, _font(style.font, style.size))
    return np.asarray(image, np.float32) / 255


@lru_cache(maxsize=256)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_FOLDER / f"{name}.ttf"), size)
