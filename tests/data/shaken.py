"""Makes videos in which a line of text shakes, blurs and is partly covered, in each frame anew."""

import random
import string
from dataclasses import dataclass
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tests.data.videos import write_video

Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
FACES = ("DejaVuSans-Bold.ttf", "DejaVuSansMono-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSans.ttf")
WIDTH, HEIGHT = 480, 120
WORDS = ("MARKET", "HARBOUR", "SILVER", "EXPRESS", "NORTH", "GARDEN", "TICKET", "RIVER", "BRIDGE")


@dataclass(frozen=True)
class Shaken:
    """One video, what its line says, and where the line can be seen in each frame."""

    path: Path
    text: str
    boxes: tuple[Box, ...]


def shaken_video(path: Path, *, seed: int, frames: int) -> Shaken:
    """A video of `frames` frames whose text and troubles the seed decides."""
    rng = random.Random(seed)
    text = _some_text(rng)
    still, box = _still(text, rng)
    shots = [_shot(still, box, rng) for _ in range(frames)]
    write_video(path, [picture for picture, _ in shots])
    return Shaken(path, text, tuple(seen for _, seen in shots))


def _some_text(rng: random.Random) -> str:
    if rng.random() < 0.5:
        letters = "".join(rng.choices("ABCDEFGHKLMNPRSTUVWXYZ", k=3))
        return f"{letters} {''.join(rng.choices(string.digits, k=4))}"
    return f"{' '.join(rng.sample(WORDS, 2))} {rng.randrange(10, 999)}"


def _still(text: str, rng: random.Random) -> tuple[Picture, Box]:
    font = ImageFont.truetype(str(FONTS / rng.choice(FACES)), rng.randrange(18, 30))
    ground, ink = rng.randrange(150, 230), rng.randrange(20, 90)
    image = Image.new("RGB", (WIDTH, HEIGHT), (ground, ground, ground - 12))
    draw = ImageDraw.Draw(image)
    draw.text((WIDTH / 2, HEIGHT / 2), text, font=font, fill=(ink, ink, ink + 10), anchor="mm")
    left, top, right, bottom = draw.textbbox((WIDTH / 2, HEIGHT / 2), text, font=font, anchor="mm")
    return np.asarray(image), (left - 3, top - 3, right + 3, bottom + 3)


def _shot(still: Picture, box: Box, rng: random.Random) -> tuple[Picture, Box]:
    right, down = rng.uniform(-12, 12), rng.uniform(-8, 8)
    turned = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), rng.uniform(-3, 3), 1.0)
    turned[:, 2] += right, down
    picture = cv2.warpAffine(still, turned, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    box = (box[0] + right, box[1] + down, box[2] + right, box[3] + down)
    if rng.random() < 0.5:
        picture, box = _covered(picture, box, rng)
    picture = _blurred(picture, rng)
    return _noisy(picture, rng), _loose(box, rng)


def _covered(picture: Picture, box: Box, rng: random.Random) -> tuple[Picture, Box]:
    left, _, right, _ = box
    wide = rng.uniform(0.1, 0.4) * (right - left)
    start = rng.uniform(left - wide / 2, right - wide / 2)
    covered = picture.copy()
    shade = rng.randrange(60, 200)
    covered[:, max(0, round(start)) : round(start + wide)] = shade
    if start <= left:
        return covered, (start + wide, box[1], right, box[3])
    if start + wide >= right:
        return covered, (left, box[1], start, box[3])
    return covered, box


def _noisy(picture: Picture, rng: random.Random) -> Picture:
    grain = np.random.default_rng(rng.randrange(2**32))
    noise = grain.normal(0, rng.uniform(2, 14), picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def _loose(box: Box, rng: random.Random) -> Box:
    left, top, right, bottom = (side + rng.uniform(-2, 2) for side in box)
    return left, top, right, bottom


def _blurred(picture: Picture, rng: random.Random) -> Picture:
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 2.0)), dtype=np.uint8)
    length = rng.choice((1, 1, 3, 5, 7))
    kernel = np.zeros((length, length), dtype=np.float32)
    kernel[length // 2] = 1 / length
    if rng.random() < 0.5:
        kernel = kernel.T
    return np.asarray(cv2.filter2D(picture, -1, kernel), dtype=np.uint8)
