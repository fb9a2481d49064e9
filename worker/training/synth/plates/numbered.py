"""Plates with a known number, in many more manners than a detector has to tell apart."""

from dataclasses import dataclass

import cv2
import numpy as np

from worker.training.synth.assets import Assets
from worker.training.synth.background.textures import gradient, noise, shaded
from worker.training.synth.colours import LUMA, Colour, any_colour, near, scalar
from worker.training.synth.patch import (
    PLATE,
    TEXT,
    Box,
    Canvas,
    Patch,
    Picture,
    as_picture,
    filled,
    opaque,
)
from worker.training.synth.plates.glyphs import any_die, stamped
from worker.training.synth.plates.ink import narrowed, number_ink, scaled
from worker.training.synth.plates.numbers import number, read_as
from worker.training.synth.plates.painter import INKS, blend_ink
from worker.training.synth.rng import Rng
from worker.training.synth.text import vocabulary
from worker.training.synth.text.fonts import line_ink

FAINTEST_NUMBER = 34.0
BUSIEST_PICTURE = 0.35
NO_PICTURES = (np.zeros((0, 0, 3), np.uint8),)


@dataclass(frozen=True)
class Shape:
    """A sort of plate: its aspect, and its number's height and middle as shares of its height."""

    aspect: tuple[float, float]
    letters: tuple[float, float]
    middle: tuple[float, float]
    header: float
    footer: float
    band: float


SHAPES = {
    Shape((1.8, 2.3), (0.38, 0.58), (0.46, 0.58), header=0.85, footer=0.65, band=0.0): 60.0,
    Shape((4.0, 5.2), (0.55, 0.8), (0.47, 0.54), header=0.05, footer=0.1, band=0.6): 28.0,
    Shape((2.5, 3.6), (0.46, 0.66), (0.5, 0.62), header=0.6, footer=0.2, band=0.05): 12.0,
}


@dataclass(frozen=True)
class Numbered:
    """A plate, and what a reader should make of it."""

    patch: Patch
    number: str


def numbered_plate(rng: Rng, assets: Assets, height: int) -> Numbered | None:
    """A plate ``height`` pixels high; ``None`` when the drawn font could not set its number."""
    shape, text = rng.weighted(SHAPES), number(rng)
    width = int(height * rng.uniform(*shape.aspect))
    ground, ink = _colours(rng)
    canvas = _ground(rng, assets, (height, width), ground)
    band = _paint_band(rng, canvas) if rng.chance(shape.band) else 0
    _print_small(rng, assets, canvas, shape, ink)
    letters = number_ink(rng, assets, text, height * rng.uniform(*shape.letters))
    if letters is None:
        return None
    box = _print_number(rng, canvas, letters, (band, rng.uniform(*shape.middle)), ink)
    _seal_gaps(rng, canvas, letters, box)
    _stick_on(rng, canvas, box)
    _edge(rng, canvas, ink)
    plate = Box(PLATE, 0, 0, width, height)
    canvas, (above, beside) = _framed(rng, assets, _worn(rng, canvas))
    boxes = (plate.moved(beside, above), box.moved(beside, above))
    return Numbered(opaque(canvas, boxes), read_as(text))


def surroundings(rng: Rng, assets: Assets, height: int, width: int) -> Picture:
    """(height, width, 3) of what may lie about a plate or be printed on it, at little cost."""
    picture = rng.pick(assets.pictures or NO_PICTURES)
    down, across = picture.shape[0] - height, picture.shape[1] - width
    if min(down, across) < 0 or rng.chance(0.4):
        colour = any_colour(rng)
        return as_picture(gradient(rng, height, width, colour, near(rng, colour, 60)))
    top, left = rng.integer(0, down), rng.integer(0, across)
    return picture[top : top + height, left : left + width].copy()


def _colours(rng: Rng) -> tuple[Colour, Colour]:
    """Ground and ink that can be told apart, if only just."""
    while True:
        ground = np.full(3, rng.uniform(150, 255))
        if rng.chance(0.5):
            ground = rng.array.uniform(140, 255, 3)
        ink = rng.pick(INKS) if rng.chance(0.7) else any_colour(rng, 0, 160)
        if rng.chance(0.15):
            ground, ink = rng.array.uniform(0, 110, 3), rng.array.uniform(150, 255, 3)
        if abs(float((ground - ink) @ LUMA)) > FAINTEST_NUMBER * 2:
            return ground, ink


def _ground(rng: Rng, assets: Assets, size: tuple[int, int], colour: Colour) -> Canvas:
    height, width = size
    canvas = filled(height, width, colour)
    roll = rng.uniform(0, 1)
    if roll < 0.3:
        canvas = gradient(rng, height, width, colour, near(rng, colour, 90))
    elif roll < 0.5:
        picture = surroundings(rng, assets, height, width)
        strength = rng.uniform(0.05, BUSIEST_PICTURE)
        canvas = canvas * np.float32(1 - strength) + picture * np.float32(strength)
    if rng.chance(0.2):
        _draw_hills(rng, canvas, near(rng, colour, 80))
    if rng.chance(0.25):
        canvas[: int(height * rng.uniform(0.12, 0.28))] = any_colour(rng)
    if rng.chance(0.15):
        canvas[int(height * rng.uniform(0.78, 0.9)) :] = any_colour(rng)
    return np.ascontiguousarray(canvas, np.float32)


def _draw_hills(rng: Rng, canvas: Canvas, colour: Colour) -> None:
    """A range of hills, a skyline or a sun behind the number."""
    height, width = canvas.shape[:2]
    if rng.chance(0.4):
        centre = (int(width * rng.uniform(0.2, 0.8)), int(height * rng.uniform(0.3, 0.8)))
        radius = int(height * rng.uniform(0.15, 0.4))
        cv2.circle(canvas, centre, radius, scalar(colour), -1, cv2.LINE_AA)
        return
    across = np.linspace(0, width, rng.integer(4, 14))
    down = rng.array.uniform(0.25, 0.75, len(across)) * height
    ridge = np.stack([across, down], 1)
    shape = np.vstack([ridge, [[width, height], [0, height]]]).astype(np.int32)
    cv2.fillPoly(canvas, [shape], scalar(colour), cv2.LINE_AA)


def _paint_band(rng: Rng, canvas: Canvas) -> int:
    height = canvas.shape[0]
    width = int(height * rng.uniform(0.25, 0.45))
    canvas[:, :width] = (rng.uniform(110, 200), rng.uniform(30, 90), rng.uniform(0, 60))
    centre = (width // 2, int(height * 0.3))
    cv2.circle(canvas, centre, max(1, int(width * 0.3)), (20, 200, 230), max(1, width // 12))
    return width


def _print_small(rng: Rng, assets: Assets, canvas: Canvas, shape: Shape, ink: Colour) -> None:
    height, width = canvas.shape[:2]
    for wanted, share, most_words in (
        (shape.header, (0.03, 0.1), 2),
        (shape.footer, (0.8, 0.88), 3),
    ):
        if not rng.chance(wanted):
            continue
        text = vocabulary.line(rng, 1, most_words)
        text = text.upper() if rng.chance(0.6) else text
        small = line_ink(text, rng.pick(assets.faces), height * rng.uniform(0.07, 0.14))
        if small is None:
            continue
        small = narrowed(small, int(width * rng.uniform(0.4, 0.9)))
        left = int((width - small.shape[1]) * rng.uniform(0.2, 0.8))
        colour = ink if rng.chance(0.6) else any_colour(rng, 0, 170)
        blend_ink(canvas, small, left, int(height * rng.uniform(*share)), colour)


def _print_number(
    rng: Rng, canvas: Canvas, letters: Picture, place: tuple[int, float], ink: Colour
) -> Box:
    height, width = canvas.shape[:2]
    band, middle = place
    letters = narrowed(letters, int((width - band) * rng.uniform(0.8, 0.95)))
    tall, wide = letters.shape
    left = band + int((width - band - wide) * rng.uniform(0.35, 0.65))
    top = max(0, min(int(height * middle - tall / 2), height - tall - 1))
    if rng.chance(0.4):
        lift = max(1, height // 45)
        relief = np.full(3, rng.uniform(0, 255))
        blend_ink(canvas, letters // 2, left + lift * rng.pick((-1, 0, 1)) % 3, top + lift, relief)
    blend_ink(canvas, letters, left, top, ink)
    return Box(TEXT, left, top, left + wide, top + tall)


def _seal_gaps(rng: Rng, canvas: Canvas, letters: Picture, box: Box) -> None:
    """Something round or square in the widest gap between the groups of the number."""
    if not rng.chance(0.35):
        return
    gap = _widest_gap(letters)
    if gap is None:
        return
    scale = box.width / letters.shape[1]
    start, stop = (box.left + edge * scale for edge in gap)
    radius = max(1, int((stop - start) * rng.uniform(0.3, 0.48)))
    centre = int((start + stop) / 2), int(box.top + box.height * rng.uniform(0.3, 0.7))
    _draw_mark(rng, canvas, centre, radius)


def _widest_gap(letters: Picture) -> tuple[int, int] | None:
    empty = np.concatenate(([False], ~letters.any(axis=0), [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(empty)).reshape(-1, 2)
    widest = max(edges.tolist(), key=lambda edge: edge[1] - edge[0], default=None)
    if widest is None or widest[1] - widest[0] < letters.shape[0] * 0.2:
        return None
    return widest[0], widest[1]


def _draw_mark(rng: Rng, canvas: Canvas, centre: tuple[int, int], radius: int) -> None:
    colour = scalar(any_colour(rng))
    fill = -1 if rng.chance(0.7) else max(1, radius // 4)
    if rng.chance(0.6):
        cv2.circle(canvas, centre, radius, colour, fill, cv2.LINE_AA)
        return
    corner = np.array([[-1, -0.8], [0.6, -1], [1, 0.3], [0.1, 1], [-0.8, 0.7]])
    shape = corner * rng.array.uniform(0.6, 1.3, (5, 2)) * radius + np.array(centre)
    cv2.fillPoly(canvas, [shape.astype(np.int32)], colour, cv2.LINE_AA)


def _stick_on(rng: Rng, canvas: Canvas, number_box: Box) -> None:
    """Month and year stickers in the corners, beside or over the number's edge."""
    height, width = canvas.shape[:2]
    for across in (0.0, 1.0):
        if not rng.chance(0.25):
            continue
        size = int(height * rng.uniform(0.12, 0.22))
        left = int((width - size * 1.4) * (0.02 + 0.96 * across))
        top = int(number_box.top - size) if rng.chance(0.7) else int(number_box.bottom)
        top = max(0, min(top, height - size))
        canvas[top : top + size, left : left + int(size * 1.4)] = any_colour(rng)
        digits = scaled(stamped(f"{rng.integer(0, 29):02d}", any_die(rng), 0.0), size * 0.7)
        blend_ink(canvas, narrowed(digits, size), left + 1, top + 1, any_colour(rng))


def _edge(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    height, width = canvas.shape[:2]
    inset = max(1, int(height * rng.uniform(0.01, 0.05)))
    if rng.chance(0.6):
        colour = scalar(ink if rng.chance(0.6) else any_colour(rng))
        cv2.rectangle(
            canvas, (inset, inset), (width - 1 - inset, height - 1 - inset), colour, inset
        )
    for across in (0.25, 0.75):
        for down in (0.09, 0.92):
            if rng.chance(0.3):
                centre = (int(width * across), int(height * down))
                colour, radius = scalar(any_colour(rng, 30, 230)), max(1, int(height * 0.035))
                cv2.circle(canvas, centre, radius, colour, -1, cv2.LINE_AA)


def _worn(rng: Rng, canvas: Canvas) -> Canvas:
    height, width = canvas.shape[:2]
    if rng.chance(0.35):
        cell = max(2, height * rng.uniform(0.05, 0.5))
        canvas = canvas + noise(rng, height, width, cell, rng.uniform(4, 26))[..., None]
    if rng.chance(0.25):
        strength = np.float32(rng.uniform(0.3, 0.8))
        canvas = canvas * strength + np.float32(rng.uniform(20, 160)) * (1 - strength)
    return shaded(rng, canvas)


def _framed(rng: Rng, assets: Assets, canvas: Canvas) -> tuple[Canvas, tuple[int, int]]:
    """The plate in a dealer's frame, some of which hide its edge; how far that moved it."""
    if not rng.chance(0.5):
        return canvas, (0, 0)
    height, width = canvas.shape[:2]
    above, below = (int(height * rng.uniform(0.02, 0.18)) for _ in range(2))
    side, hidden = int(height * rng.uniform(0.01, 0.06)), int(height * rng.uniform(0, 0.08))
    colour = any_colour(rng, 0, 80) if rng.chance(0.7) else any_colour(rng, 120, 230)
    framed = filled(height + above + below, width + 2 * side, colour)
    inner = canvas[hidden : height - hidden]
    framed[above + hidden : above + height - hidden, side : side + width] = inner
    if rng.chance(0.5):
        top = (above + height - hidden + 1, 1)[rng.chance(0.5)]
        room = max(4, below + hidden - 2 if top > 1 else above + hidden - 2)
        ink = line_ink(vocabulary.line(rng, 1, 3).upper(), rng.pick(assets.faces), room * 0.7)
        if ink is not None:
            ink = narrowed(ink, int(width * 0.9))
            left = (framed.shape[1] - ink.shape[1]) // 2
            blend_ink(framed, ink[:room], left, top, 255 - colour)
    return framed, (above, side)
