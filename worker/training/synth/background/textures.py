"""Backgrounds without text: crops of pictures, and surfaces drawn from nothing."""

import math
from collections.abc import Callable

import cv2
import numpy as np

from worker.training.synth.colours import Colour, any_colour, near, scalar
from worker.training.synth.patch import Canvas, Picture, as_picture, filled
from worker.training.synth.rng import Rng

PICTURE_SHARE = 0.6
NO_PICTURES = (np.zeros((0, 0, 3), np.uint8),)


def background(rng: Rng, pictures: tuple[Picture, ...], side: int) -> Picture:
    """A (side, side, 3) ground for a scene."""
    if pictures and rng.bernoulli(PICTURE_SHARE):
        return _picture_crop(rng, rng.pick(pictures), side)
    ground = surface(rng, side, side)
    if rng.bernoulli(0.5):
        horizon = int(side * rng.uniform(0.3, 0.8))
        ground[horizon:] = surface(rng, side - horizon, side)
    return ground


def surface(rng: Rng, height: int, width: int, name: str | None = None) -> Picture:
    """A (height, width, 3) surface of the named sort, or of any."""
    name = name or rng.pick(tuple(SURFACES))
    colour = any_colour(rng)
    canvas = filled(height, width, colour)
    if rng.bernoulli(0.6):
        canvas = gradient(rng, height, width, colour, near(rng, colour, 60))
    picture = SURFACES[name](rng, as_picture(canvas), colour)
    if rng.bernoulli(0.5):
        grain = noise(rng, height, width, rng.log_uniform(1, 60), rng.uniform(2, 14))
        picture = as_picture(picture + grain[..., None])
    return picture


def quick_background(rng: Rng, pictures: tuple[Picture, ...], height: int, width: int) -> Picture:
    """(height, width, 3) of what may lie about a thing or be printed on it, at little cost."""
    picture = rng.pick(pictures or NO_PICTURES)
    down, across = picture.shape[0] - height, picture.shape[1] - width
    if min(down, across) < 0 or rng.bernoulli(0.4):
        colour = any_colour(rng)
        return as_picture(gradient(rng, height, width, colour, near(rng, colour, 60)))
    top, left = rng.integer(0, down), rng.integer(0, across)
    return picture[top : top + height, left : left + width].copy()


def noise(rng: Rng, height: int, width: int, cell: float, strength: float) -> Canvas:
    """Smooth noise (height, width) whose bumps are ``cell`` pixels wide."""
    rows, columns = max(2, int(height / cell) + 2), max(2, int(width / cell) + 2)
    coarse = rng.array.standard_normal((rows, columns), dtype=np.float32) * strength
    return np.asarray(cv2.resize(coarse, (width, height)), np.float32)


def gradient(rng: Rng, height: int, width: int, start: Colour, end: Colour) -> Canvas:
    """From one colour to another across (height, width, 3), at any angle."""
    angle = rng.uniform(0, 2 * math.pi)
    down = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None] * math.sin(angle)
    across = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None] * math.cos(angle)
    mix = np.clip(down + across + 0.5, 0, 1)[..., None]
    return np.asarray(start.astype(np.float32) + (end - start).astype(np.float32) * mix, np.float32)


def shaded(rng: Rng, canvas: Canvas) -> Canvas:
    """Light falling unevenly on a flat thing."""
    height, width = canvas.shape[:2]
    if not rng.bernoulli(0.5):
        return canvas
    dim, bright = (np.full(3, rng.uniform(*span)) for span in ((0.55, 1.0), (0.85, 1.15)))
    return canvas * gradient(rng, height, width, dim, bright)


def _picture_crop(rng: Rng, picture: Picture, side: int) -> Picture:
    height, width = picture.shape[:2]
    size = int(min(height, width) * rng.uniform(0.35, 1.0))
    top, left = rng.integer(0, height - size), rng.integer(0, width - size)
    method = cv2.INTER_AREA if size > side else cv2.INTER_LINEAR
    crop = picture[top : top + size, left : left + size]
    crop = np.asarray(cv2.resize(crop, (side, side), interpolation=method), np.uint8)
    if rng.bernoulli(0.5):
        crop = crop[:, ::-1]
    if rng.bernoulli(0.5):
        tint = rng.array.uniform(0.6, 1.3, 3).astype(np.float32)
        crop = as_picture(crop.astype(np.float32) * tint + rng.uniform(-25, 25))
    return np.ascontiguousarray(crop)


def _plain(rng: Rng, picture: Picture, colour: Colour) -> Picture:
    return picture


def _grainy(rng: Rng, picture: Picture, colour: Colour) -> Picture:
    height, width = picture.shape[:2]
    fine = noise(rng, height, width, rng.log_uniform(1, 4), rng.uniform(3, 25))
    coarse = noise(rng, height, width, rng.log_uniform(10, 80), rng.uniform(3, 25))
    return as_picture(picture + (fine + coarse)[..., None])


def _bricks(rng: Rng, picture: Picture, colour: Colour) -> Picture:
    return _courses(rng, picture, colour, rng.uniform(1.8, 3.0), shifted=True)


def _tiles(rng: Rng, picture: Picture, colour: Colour) -> Picture:
    return _courses(rng, picture, colour, rng.uniform(0.8, 1.3), shifted=False)


def _courses(
    rng: Rng, picture: Picture, colour: Colour, aspect: float, *, shifted: bool
) -> Picture:
    height, width = picture.shape[:2]
    tall = int(rng.log_uniform(6, 40))
    wide, joint = int(tall * aspect), max(1, int(tall * rng.uniform(0.04, 0.15)))
    for row, y in enumerate(range(0, height, tall)):
        for x in range(-(wide // 2) if shifted and row % 2 else 0, width, wide):
            shade = scalar(np.clip(colour + rng.uniform(-22, 22), 0, 255))
            cv2.rectangle(picture, (x, y), (x + wide - joint, y + tall - joint), shade, -1)
    return picture


def _bars(rng: Rng, picture: Picture, colour: Colour) -> Picture:
    angle = rng.pick((0.0, 0.0, 90.0, 90.0, rng.uniform(0, 180)))
    return _ruled(rng, picture, colour, (angle,))


def _mesh(rng: Rng, picture: Picture, colour: Colour) -> Picture:
    angle = rng.pick((0.0, 45.0, rng.uniform(0, 180)))
    return _ruled(rng, picture, colour, (angle, angle + 90))


def _ruled(rng: Rng, picture: Picture, colour: Colour, angles: tuple[float, ...]) -> Picture:
    height, width = picture.shape[:2]
    pitch, reach = rng.log_uniform(4, 50), int(math.hypot(height, width))
    thickness = max(1, int(pitch * rng.uniform(0.1, 0.6)))
    ink = scalar(near(rng, colour, 110))
    for angle in np.radians(angles):
        step_x, step_y = math.cos(angle), math.sin(angle)
        for offset in np.arange(-reach / 2, reach / 2, pitch):
            x, y = width / 2 - step_y * offset, height / 2 + step_x * offset
            start = (int(x - step_x * reach), int(y - step_y * reach))
            end = (int(x + step_x * reach), int(y + step_y * reach))
            cv2.line(picture, start, end, ink, thickness, cv2.LINE_AA)
    return picture


def _leaves(rng: Rng, picture: Picture, colour: Colour) -> Picture:
    height, width = picture.shape[:2]
    for _ in range(rng.integer(80, 300)):
        size = rng.log_uniform(2, 22)
        axes = (max(1, int(size)), max(1, int(size * rng.uniform(0.2, 0.6))))
        centre = (rng.integer(0, width - 1), rng.integer(0, height - 1))
        ink = scalar(near(rng, colour, 50))
        cv2.ellipse(picture, centre, axes, rng.uniform(0, 180), 0, 360, ink, -1)
    return picture


def _windows(rng: Rng, picture: Picture, colour: Colour) -> Picture:
    height, width = picture.shape[:2]
    across, down = rng.log_uniform(14, 90), rng.log_uniform(14, 110)
    wide, tall = across * rng.uniform(0.4, 0.8), down * rng.uniform(0.4, 0.8)
    glass = near(rng, colour, 110)
    for y in np.arange(-rng.uniform(0, down), height, down):
        for x in np.arange(-rng.uniform(0, across), width, across):
            pane = scalar(np.clip(glass + rng.uniform(-25, 25), 0, 255))
            corner = (int(x + wide), int(y + tall))
            cv2.rectangle(picture, (int(x), int(y)), corner, pane, -1)
            if across > 30:
                middle = int(x + wide / 2)
                cv2.line(picture, (middle, int(y)), (middle, corner[1]), scalar(colour), 1)
    return picture


def _blobs(rng: Rng, picture: Picture, colour: Colour) -> Picture:
    height, width = picture.shape[:2]
    for _ in range(rng.integer(10, 80)):
        centre = (rng.integer(0, width - 1), rng.integer(0, height - 1))
        fill = -1 if rng.bernoulli(0.7) else rng.integer(1, 4)
        ink = scalar(any_colour(rng))
        cv2.circle(picture, centre, int(rng.log_uniform(3, 60)), ink, fill, cv2.LINE_AA)
    return picture


def _wood(rng: Rng, picture: Picture, colour: Colour) -> Picture:
    height, width = picture.shape[:2]
    strength = rng.uniform(6, 30)
    if rng.bernoulli(0.5):
        grain = noise(rng, height, max(4, width // 30), 2, strength)
    else:
        grain = noise(rng, max(4, height // 30), width, 2, strength)
    grain = np.asarray(cv2.resize(grain, (width, height)), np.float32)
    return as_picture(picture + grain[..., None])


Painter = Callable[[Rng, Picture, Colour], Picture]
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
