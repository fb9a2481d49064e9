"""Backgrounds without text: crops of pictures, and surfaces drawn from nothing."""

import math
from collections.abc import Callable

import cv2
import numpy as np

from worker.training.synth.colours import Colour, any_colour, near, scalar
from worker.training.synth.dice import Dice
from worker.training.synth.patch import Canvas, Picture, as_picture, filled

PICTURE_SHARE = 0.6


def background(dice: Dice, pictures: tuple[Picture, ...], side: int) -> Picture:
    """A (side, side, 3) ground for a scene."""
    if pictures and dice.chance(PICTURE_SHARE):
        return _picture_crop(dice, dice.pick(pictures), side)
    ground = surface(dice, side, side)
    if dice.chance(0.5):
        horizon = int(side * dice.uniform(0.3, 0.8))
        ground[horizon:] = surface(dice, side - horizon, side)
    return ground


def surface(dice: Dice, height: int, width: int, name: str | None = None) -> Picture:
    """A (height, width, 3) surface of the named sort, or of any."""
    name = name or dice.pick(tuple(SURFACES))
    colour = any_colour(dice)
    canvas = filled(height, width, colour)
    if dice.chance(0.6):
        canvas = gradient(dice, height, width, colour, near(dice, colour, 60))
    picture = SURFACES[name](dice, as_picture(canvas), colour)
    if dice.chance(0.5):
        grain = noise(dice, height, width, dice.log_uniform(1, 60), dice.uniform(2, 14))
        picture = as_picture(picture + grain[..., None])
    return picture


def noise(dice: Dice, height: int, width: int, cell: float, strength: float) -> Canvas:
    """Smooth noise (height, width) whose bumps are ``cell`` pixels wide."""
    rows, columns = max(2, int(height / cell) + 2), max(2, int(width / cell) + 2)
    coarse = dice.array.standard_normal((rows, columns), dtype=np.float32) * strength
    return np.asarray(cv2.resize(coarse, (width, height)), np.float32)


def gradient(dice: Dice, height: int, width: int, start: Colour, end: Colour) -> Canvas:
    """From one colour to another across (height, width, 3), at any angle."""
    angle = dice.uniform(0, 2 * math.pi)
    down = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None] * math.sin(angle)
    across = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None] * math.cos(angle)
    mix = np.clip(down + across + 0.5, 0, 1)[..., None]
    shades = start.astype(np.float32) * (1 - mix) + end.astype(np.float32) * mix
    return np.asarray(shades, np.float32)


def shaded(dice: Dice, canvas: Canvas) -> Canvas:
    """Light falling unevenly on a flat thing."""
    height, width = canvas.shape[:2]
    if not dice.chance(0.5):
        return canvas
    dim, bright = (np.full(3, dice.uniform(*span)) for span in ((0.55, 1.0), (0.85, 1.15)))
    return canvas * gradient(dice, height, width, dim, bright)


def _picture_crop(dice: Dice, picture: Picture, side: int) -> Picture:
    height, width = picture.shape[:2]
    size = int(min(height, width) * dice.uniform(0.35, 1.0))
    top, left = dice.integer(0, height - size), dice.integer(0, width - size)
    method = cv2.INTER_AREA if size > side else cv2.INTER_LINEAR
    crop = picture[top : top + size, left : left + size]
    crop = np.asarray(cv2.resize(crop, (side, side), interpolation=method), np.uint8)
    if dice.chance(0.5):
        crop = crop[:, ::-1]
    if dice.chance(0.5):
        tint = dice.array.uniform(0.6, 1.3, 3).astype(np.float32)
        crop = as_picture(crop.astype(np.float32) * tint + dice.uniform(-25, 25))
    return np.ascontiguousarray(crop)


def _plain(dice: Dice, picture: Picture, colour: Colour) -> Picture:
    return picture


def _grainy(dice: Dice, picture: Picture, colour: Colour) -> Picture:
    height, width = picture.shape[:2]
    fine = noise(dice, height, width, dice.log_uniform(1, 4), dice.uniform(3, 25))
    coarse = noise(dice, height, width, dice.log_uniform(10, 80), dice.uniform(3, 25))
    return as_picture(picture + (fine + coarse)[..., None])


def _bricks(dice: Dice, picture: Picture, colour: Colour) -> Picture:
    return _courses(dice, picture, colour, dice.uniform(1.8, 3.0), shifted=True)


def _tiles(dice: Dice, picture: Picture, colour: Colour) -> Picture:
    return _courses(dice, picture, colour, dice.uniform(0.8, 1.3), shifted=False)


def _courses(
    dice: Dice, picture: Picture, colour: Colour, aspect: float, *, shifted: bool
) -> Picture:
    height, width = picture.shape[:2]
    tall = int(dice.log_uniform(6, 40))
    wide, joint = int(tall * aspect), max(1, int(tall * dice.uniform(0.04, 0.15)))
    for row, y in enumerate(range(0, height, tall)):
        for x in range(-(wide // 2) if shifted and row % 2 else 0, width, wide):
            shade = scalar(np.clip(colour + dice.uniform(-22, 22), 0, 255))
            cv2.rectangle(picture, (x, y), (x + wide - joint, y + tall - joint), shade, -1)
    return picture


def _bars(dice: Dice, picture: Picture, colour: Colour) -> Picture:
    angle = dice.pick((0.0, 0.0, 90.0, 90.0, dice.uniform(0, 180)))
    return _ruled(dice, picture, colour, (angle,))


def _mesh(dice: Dice, picture: Picture, colour: Colour) -> Picture:
    angle = dice.pick((0.0, 45.0, dice.uniform(0, 180)))
    return _ruled(dice, picture, colour, (angle, angle + 90))


def _ruled(dice: Dice, picture: Picture, colour: Colour, angles: tuple[float, ...]) -> Picture:
    height, width = picture.shape[:2]
    pitch, reach = dice.log_uniform(4, 50), int(math.hypot(height, width))
    thickness = max(1, int(pitch * dice.uniform(0.1, 0.6)))
    ink = scalar(near(dice, colour, 110))
    for angle in np.radians(angles):
        step_x, step_y = math.cos(angle), math.sin(angle)
        for offset in np.arange(-reach / 2, reach / 2, pitch):
            x, y = width / 2 - step_y * offset, height / 2 + step_x * offset
            start = (int(x - step_x * reach), int(y - step_y * reach))
            end = (int(x + step_x * reach), int(y + step_y * reach))
            cv2.line(picture, start, end, ink, thickness, cv2.LINE_AA)
    return picture


def _leaves(dice: Dice, picture: Picture, colour: Colour) -> Picture:
    height, width = picture.shape[:2]
    for _ in range(dice.integer(80, 300)):
        size = dice.log_uniform(2, 22)
        axes = (max(1, int(size)), max(1, int(size * dice.uniform(0.2, 0.6))))
        centre = (dice.integer(0, width - 1), dice.integer(0, height - 1))
        ink = scalar(near(dice, colour, 50))
        cv2.ellipse(picture, centre, axes, dice.uniform(0, 180), 0, 360, ink, -1)
    return picture


def _windows(dice: Dice, picture: Picture, colour: Colour) -> Picture:
    height, width = picture.shape[:2]
    across, down = dice.log_uniform(14, 90), dice.log_uniform(14, 110)
    wide, tall = across * dice.uniform(0.4, 0.8), down * dice.uniform(0.4, 0.8)
    glass = near(dice, colour, 110)
    for y in np.arange(-dice.uniform(0, down), height, down):
        for x in np.arange(-dice.uniform(0, across), width, across):
            pane = scalar(np.clip(glass + dice.uniform(-25, 25), 0, 255))
            corner = (int(x + wide), int(y + tall))
            cv2.rectangle(picture, (int(x), int(y)), corner, pane, -1)
            if across > 30:
                middle = int(x + wide / 2)
                cv2.line(picture, (middle, int(y)), (middle, corner[1]), scalar(colour), 1)
    return picture


def _blobs(dice: Dice, picture: Picture, colour: Colour) -> Picture:
    height, width = picture.shape[:2]
    for _ in range(dice.integer(10, 80)):
        centre = (dice.integer(0, width - 1), dice.integer(0, height - 1))
        fill = -1 if dice.chance(0.7) else dice.integer(1, 4)
        ink = scalar(any_colour(dice))
        cv2.circle(picture, centre, int(dice.log_uniform(3, 60)), ink, fill, cv2.LINE_AA)
    return picture


def _wood(dice: Dice, picture: Picture, colour: Colour) -> Picture:
    height, width = picture.shape[:2]
    strength = dice.uniform(6, 30)
    if dice.chance(0.5):
        grain = noise(dice, height, max(4, width // 30), 2, strength)
    else:
        grain = noise(dice, max(4, height // 30), width, 2, strength)
    grain = np.asarray(cv2.resize(grain, (width, height)), np.float32)
    return as_picture(picture + grain[..., None])


Painter = Callable[[Dice, Picture, Colour], Picture]
SURFACES: dict[str, Painter] = {
    "plain": _plain,
    "grainy": _grainy,
    "bricks": _bricks,
    "tiles": _tiles,
    "bars": _bars,
    "mesh": _mesh,
    "leaves": _leaves,
    "windows": _windows,
    "blobs": _blobs,
    "wood": _wood,
}
