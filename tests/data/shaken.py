"""Makes films in which a line of text shakes, blurs and is partly covered, in each frame anew."""

import random
import string
from dataclasses import dataclass
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tests.data.films import write_film

Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
FACES = ("DejaVuSans-Bold.ttf", "DejaVuSansMono-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSans.ttf")
WIDTH, HEIGHT = 480, 120
WORDS = ("MARKET", "HARBOUR", "SILVER", "EXPRESS", "NORTH", "GARDEN", "TICKET", "RIVER", "BRIDGE")


@dataclass(frozen=True)
class Shaken:
    """One film, what its line says, and where the line can be seen in each frame."""

    path: Path
    text: str
    boxes: tuple[Box, ...]


def shaken_film(path: Path, *, seed: int, frames: int) -> Shaken:
    """A film of `frames` frames whose text and troubles the seed decides."""
    dice = random.Random(seed)
    text = _some_text(dice)
    still, box = _still(text, dice)
    shots = [_shot(still, box, dice) for _ in range(frames)]
    write_film(path, [picture for picture, _ in shots])
    return Shaken(path, text, tuple(seen for _, seen in shots))


def _some_text(dice: random.Random) -> str:
    if dice.random() < 0.5:
        letters = "".join(dice.choices("ABCDEFGHKLMNPRSTUVWXYZ", k=3))
        return f"{letters} {''.join(dice.choices(string.digits, k=4))}"
    return f"{' '.join(dice.sample(WORDS, 2))} {dice.randrange(10, 999)}"


def _still(text: str, dice: random.Random) -> tuple[Picture, Box]:
    font = ImageFont.truetype(str(FONTS / dice.choice(FACES)), dice.randrange(18, 30))
    ground, ink = dice.randrange(150, 230), dice.randrange(20, 90)
    image = Image.new("RGB", (WIDTH, HEIGHT), (ground, ground, ground - 12))
    draw = ImageDraw.Draw(image)
    draw.text((WIDTH / 2, HEIGHT / 2), text, font=font, fill=(ink, ink, ink + 10), anchor="mm")
    left, top, right, bottom = draw.textbbox((WIDTH / 2, HEIGHT / 2), text, font=font, anchor="mm")
    return np.asarray(image), (left - 3, top - 3, right + 3, bottom + 3)


def _shot(still: Picture, box: Box, dice: random.Random) -> tuple[Picture, Box]:
    right, down = dice.uniform(-12, 12), dice.uniform(-8, 8)
    turned = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), dice.uniform(-3, 3), 1.0)
    turned[:, 2] += right, down
    picture = cv2.warpAffine(still, turned, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    box = (box[0] + right, box[1] + down, box[2] + right, box[3] + down)
    if dice.random() < 0.5:
        picture, box = _covered(picture, box, dice)
    picture = _blurred(picture, dice)
    return _noisy(picture, dice), _loose(box, dice)


def _covered(picture: Picture, box: Box, dice: random.Random) -> tuple[Picture, Box]:
    left, _, right, _ = box
    wide = dice.uniform(0.1, 0.4) * (right - left)
    start = dice.uniform(left - wide / 2, right - wide / 2)
    covered = picture.copy()
    shade = dice.randrange(60, 200)
    covered[:, max(0, round(start)) : round(start + wide)] = shade
    if start <= left:
        return covered, (start + wide, box[1], right, box[3])
    if start + wide >= right:
        return covered, (left, box[1], start, box[3])
    return covered, box


def _noisy(picture: Picture, dice: random.Random) -> Picture:
    grain = np.random.default_rng(dice.randrange(2**32))
    noise = grain.normal(0, dice.uniform(2, 14), picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def _loose(box: Box, dice: random.Random) -> Box:
    left, top, right, bottom = (side + dice.uniform(-2, 2) for side in box)
    return left, top, right, bottom


def _blurred(picture: Picture, dice: random.Random) -> Picture:
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), dice.uniform(0.3, 2.0)), dtype=np.uint8)
    length = dice.choice((1, 1, 3, 5, 7))
    kernel = np.zeros((length, length), dtype=np.float32)
    kernel[length // 2] = 1 / length
    if dice.random() < 0.5:
        kernel = kernel.T
    return np.asarray(cv2.filter2D(picture, -1, kernel), dtype=np.uint8)
