"""Licence plates of many countries' proportions, in many manners, and the number on each."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np

from worker.training.synth.assets import Assets
from worker.training.synth.background.textures import gradient, quick_background
from worker.training.synth.colours import LUMA, Colour, any_colour, near, scalar
from worker.training.synth.patch import (
    PLATE,
    TEXT,
    Box,
    Canvas,
    Patch,
    Picture,
    blend_ink,
    filled,
    opaque,
)
from worker.training.synth.plates.fittings import (
    Side,
    frame,
    paint_edge,
    room_beside,
    seal_gap,
    stick_on,
    wear,
    with_room,
)
from worker.training.synth.plates.ink import narrowed, number_ink
from worker.training.synth.plates.numbers import number, read_as
from worker.training.synth.rng import Rng
from worker.training.synth.text import vocabulary
from worker.training.synth.text.fonts import line_ink

FAINTEST_NUMBER = 68.0
BUSIEST_PICTURE = 0.35
# Between the middles of two lines, in heights of the plate.
LINE_PITCH = 0.42


@dataclass(frozen=True)
class Layout:
    """A plate's aspect, and as shares of its height its number's height and middle.

    ``header``, ``footer``, ``band`` and ``strip`` are how probable small print, a country's band
    at the side and one along the top are; ``pitch`` is between the middles of two lines.
    """

    aspect: tuple[float, float]
    letters: tuple[float, float]
    middle: tuple[float, float]
    header: float = 0.0
    footer: float = 0.0
    band: float = 0.0
    strip: float = 0.0
    lines: int = 1
    pitch: float = LINE_PITCH


LAYOUTS: Mapping[Layout, float] = MappingProxyType(
    {
        Layout((1.8, 2.3), (0.38, 0.58), (0.46, 0.58), header=0.85, footer=0.65): 50.0,
        Layout((4.0, 5.2), (0.55, 0.8), (0.47, 0.54), header=0.05, footer=0.1, band=0.75): 36.0,
        Layout((2.5, 3.6), (0.46, 0.66), (0.5, 0.62), header=0.6, footer=0.2, band=0.05): 12.0,
        Layout((2.8, 3.3), (0.44, 0.6), (0.6, 0.66), strip=1.0): 8.0,
        Layout((1.1, 1.5), (0.27, 0.34), (0.29, 0.31), lines=2): 10.0,
    }
)
ONE_LINE = {layout: weight for layout, weight in LAYOUTS.items() if layout.lines == 1}
TWO_LINES = {layout: weight for layout, weight in LAYOUTS.items() if layout.lines == 2}
# Those of two lines, motorcycles' of the Mercosur, and such as India's, as wide as others of one.
STACKED = {
    **TWO_LINES,
    Layout((1.1, 1.35), (0.27, 0.32), (0.36, 0.4), strip=1.0, pitch=0.37, lines=2): 5.0,
    Layout((1.5, 2.2), (0.28, 0.38), (0.27, 0.31), band=0.2, lines=2): 6.0,
}
INKS = (
    np.array([15.0, 15, 15]),
    np.array([20.0, 20, 20]),
    np.array([90.0, 20, 20]),
    np.array([140.0, 40, 10]),
    np.array([30.0, 90, 20]),
    np.array([30.0, 30, 150]),
    np.array([50.0, 40, 40]),
)


@dataclass(frozen=True)
class Plate:
    """The boxes of ``patch`` are the plate's, then those of ``lines``, then the small print's."""

    patch: Patch
    lines: tuple[str, ...]

    @property
    def number(self) -> str:
        """What a reader of numbers should make of it: capitals and digits alone."""
        return read_as("".join(self.lines))


def paint_plate(
    rng: Rng, assets: Assets, height: int, layouts: Mapping[Layout, float] = LAYOUTS
) -> Plate | None:
    """A plate ``height`` pixels high; ``None`` when the drawn font could not set its number."""
    layout = rng.weighted(layouts)
    width = int(height * rng.uniform(*layout.aspect))
    ground, ink = _colours(rng)
    canvas = _ground(rng, assets, (height, width), ground)
    band = _paint_band(rng, assets, canvas) if rng.bernoulli(layout.band) else 0
    small = _print_small(rng, assets, canvas, layout, ink)
    if rng.bernoulli(layout.strip):
        small += _paint_strip(rng, assets, canvas)
    number_lines = _print_number(rng, assets, canvas, layout, band, ink)
    if not number_lines:
        return None
    texts, boxes = zip(*number_lines, strict=True)
    stick_on(rng, canvas, boxes[0])
    paint_edge(rng, canvas, ink)
    plate = Box(PLATE, 0, 0, width, height)
    canvas, boxes = frame(rng, assets, wear(rng, canvas), (plate, *boxes, *small))
    return Plate(opaque(canvas, boxes), texts)


def _colours(rng: Rng) -> tuple[Colour, Colour]:
    """Ground and ink that can be told apart, if only just."""
    while True:
        ground = np.full(3, rng.uniform(150, 255))
        if rng.bernoulli(0.5):
            ground = rng.array.uniform(140, 255, 3)
        if rng.bernoulli(0.1):
            yellow = (rng.uniform(20, 120), rng.uniform(170, 230), rng.uniform(190, 255))
            ground = np.array(yellow)
        ink = rng.pick(INKS) if rng.bernoulli(0.7) else any_colour(rng, 0, 160)
        if rng.bernoulli(0.15):
            ground, ink = rng.array.uniform(0, 110, 3), rng.array.uniform(150, 255, 3)
        if abs(float((ground - ink) @ LUMA)) > FAINTEST_NUMBER:
            return ground, ink


def _ground(rng: Rng, assets: Assets, size: tuple[int, int], colour: Colour) -> Canvas:
    height, width = size
    canvas = filled(height, width, colour)
    roll = rng.uniform(0, 1)
    if roll < 0.3:
        canvas = gradient(rng, height, width, colour, near(rng, colour, 90))
    elif roll < 0.5:
        picture = quick_background(rng, assets.pictures, height, width)
        strength = rng.uniform(0.05, BUSIEST_PICTURE)
        canvas = canvas * np.float32(1 - strength) + picture * np.float32(strength)
    if rng.bernoulli(0.2):
        _draw_hills(rng, canvas, near(rng, colour, 80))
    if rng.bernoulli(0.25):
        canvas[: int(height * rng.uniform(0.12, 0.28))] = any_colour(rng)
    if rng.bernoulli(0.15):
        canvas[int(height * rng.uniform(0.78, 0.9)) :] = any_colour(rng)
    return np.ascontiguousarray(canvas, np.float32)


def _draw_hills(rng: Rng, canvas: Canvas, colour: Colour) -> None:
    """A range of hills, a skyline or a sun behind the number."""
    height, width = canvas.shape[:2]
    if rng.bernoulli(0.4):
        centre = (int(width * rng.uniform(0.2, 0.8)), int(height * rng.uniform(0.3, 0.8)))
        radius = int(height * rng.uniform(0.15, 0.4))
        cv2.circle(canvas, centre, radius, scalar(colour), -1, cv2.LINE_AA)
        return
    across = np.linspace(0, width, rng.integer(4, 14))
    down = rng.array.uniform(0.25, 0.75, len(across)) * height
    ridge = np.stack([across, down], 1)
    shape = np.vstack([ridge, [[width, height], [0, height]]]).astype(np.int32)
    cv2.fillPoly(canvas, [shape], scalar(colour), cv2.LINE_AA)


def _paint_band(rng: Rng, assets: Assets, canvas: Canvas) -> int:
    """The blue field at the left, stars and the country's letters on it; returns its width."""
    height = canvas.shape[0]
    width = int(height * rng.uniform(0.25, 0.45))
    canvas[:, :width] = (rng.uniform(110, 200), rng.uniform(30, 90), rng.uniform(0, 60))
    centre = (width // 2, int(height * 0.3))
    cv2.circle(canvas, centre, max(1, int(width * 0.3)), (20, 200, 230), max(1, width // 12))
    code = line_ink(vocabulary.country_code(rng), rng.pick(assets.faces), height * 0.17)
    if code is not None and code.shape[1] < width:
        left, top = (width - code.shape[1]) // 2, int(height * 0.68)
        blend_ink(canvas, code, left, top, np.full(3, 240.0))
    return width


def _paint_strip(rng: Rng, assets: Assets, canvas: Canvas) -> list[Box]:
    """The coloured field along the top with a country's name on it, as the Mercosur has it."""
    height, width = canvas.shape[:2]
    tall = int(height * rng.uniform(0.2, 0.28))
    canvas[:tall] = (rng.uniform(100, 190), rng.uniform(30, 90), rng.uniform(0, 60))
    name = line_ink(vocabulary.word(rng).upper(), rng.pick(assets.faces), tall * 0.5)
    if name is None or name.shape[0] > tall:
        return []
    name = narrowed(name, int(width * 0.6))
    left, top = (width - name.shape[1]) // 2, (tall - name.shape[0]) // 2
    return [_write(canvas, name, left, top, np.full(3, 240.0))]


def _print_small(
    rng: Rng, assets: Assets, canvas: Canvas, layout: Layout, ink: Colour
) -> list[Box]:
    height, width = canvas.shape[:2]
    boxes = []
    for wanted, share, most_words in (
        (layout.header, (0.03, 0.1), 2),
        (layout.footer, (0.8, 0.88), 3),
    ):
        if not rng.bernoulli(wanted):
            continue
        text = vocabulary.line(rng, 1, most_words)
        text = text.upper() if rng.bernoulli(0.6) else text
        small = line_ink(text, rng.pick(assets.faces), height * rng.uniform(0.07, 0.14))
        if small is None:
            continue
        small = narrowed(small, int(width * rng.uniform(0.4, 0.9)))
        left = int((width - small.shape[1]) * rng.uniform(0.2, 0.8))
        colour = ink if rng.bernoulli(0.6) else any_colour(rng, 0, 170)
        boxes.append(_write(canvas, small, left, int(height * rng.uniform(*share)), colour))
    return boxes


def _print_number(
    rng: Rng, assets: Assets, canvas: Canvas, layout: Layout, band: int, ink: Colour
) -> list[tuple[str, Box]]:
    """The number's lines with their boxes; none when the font could not set them."""
    height, width = canvas.shape[:2]
    texts = vocabulary.plate_lines(rng) if layout.lines == 2 else (number(rng),)
    share, middle = rng.uniform(*layout.letters), rng.uniform(*layout.middle)
    written = []
    for row, text in enumerate(texts):
        lettering = number_ink(rng, assets, text, height * share)
        if lettering is None:
            return []
        letters = with_room(rng, lettering.ink)
        spared = room_beside(rng)
        room = int(letters.shape[0] * spared[1]) if spared else 0
        letters = narrowed(letters, int((width - band - room) * rng.uniform(0.8, 0.95)))
        tall, wide = letters.shape
        left = band + int((width - band - room - wide) * rng.uniform(0.35, 0.65))
        left += room if spared and spared[0] is Side.LEFT else 0
        top = int(height * (middle + layout.pitch * row) - tall / 2)
        top = max(0, min(top, height - tall - 1))
        if rng.bernoulli(0.4):
            lift = max(1, height // 45)
            relief = np.full(3, rng.uniform(0, 255))
            beside = left + lift * rng.pick((-1, 0, 1)) % 3
            blend_ink(canvas, letters // 2, beside, top + lift, relief)
        box = _write(canvas, letters, left, top, ink)
        seal_gap(rng, canvas, letters, box, spared)
        written.append((lettering.text, box))
    return written


def _write(canvas: Canvas, ink: Picture, left: int, top: int, colour: Colour) -> Box:
    blend_ink(canvas, ink, left, top, colour)
    height, width = ink.shape
    return Box(TEXT, left, top, left + width, top + height)
