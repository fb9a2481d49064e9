"""What is on and around a plate beside its number, none of it to be read: marks, stickers, wear."""

from enum import StrEnum

import cv2
import numpy as np

from worker.training.synth.assets import Assets
from worker.training.synth.background.textures import noise, shaded
from worker.training.synth.colours import Colour, any_colour, scalar
from worker.training.synth.patch import TEXT, Box, Canvas, Picture, blend_ink, filled
from worker.training.synth.plates.glyphs import any_die, stamped
from worker.training.synth.plates.ink import narrowed, scaled
from worker.training.synth.plates.marks import MARKS
from worker.training.synth.rng import Rng
from worker.training.synth.text import vocabulary
from worker.training.synth.text.fonts import line_ink

SEALED_SHARE = 0.6
# In heights of the number: what is narrower is no gap between groups.
NARROWEST_GAP = 0.2
# Seals and emblems as large as a character take a place of their own among the others.
OPENED_SHARE, OPENED_WIDTHS = 0.4, (0.25, 0.9)
# One beside the number has room of its own on some plates, and little on others.
ROOM_BESIDE_SHARE, ROOM_BESIDE_WIDTHS = 0.2, (0.5, 1.1)
BESIDE_SHARE = 0.12
LARGEST_MARK = 0.55


class Side(StrEnum):
    """Of a number."""

    LEFT = "left"
    RIGHT = "right"


def with_room(rng: Rng, letters: Picture) -> Picture:
    """The ink of a number, its widest gap often widened to hold an emblem."""
    gap = _widest_gap(letters)
    if gap is None or not rng.bernoulli(OPENED_SHARE):
        return letters
    middle = (gap[0] + gap[1]) // 2
    room = np.zeros((letters.shape[0], int(letters.shape[0] * rng.uniform(*OPENED_WIDTHS))))
    return np.hstack([letters[:, :middle], room.astype(np.uint8), letters[:, middle:]])


def room_beside(rng: Rng) -> tuple[Side, float] | None:
    """The side of a number at which room is left for an emblem, and how much, in its heights."""
    if not rng.bernoulli(ROOM_BESIDE_SHARE):
        return None
    return rng.pick(tuple(Side)), rng.uniform(*ROOM_BESIDE_WIDTHS)


def seal_gap(
    rng: Rng,
    canvas: Canvas,
    letters: Picture,
    box: Box,
    beside: tuple[Side, float] | None = None,
) -> None:
    """Something that is no character in the widest gap of a number, or beside the number.

    ``box`` is where ``letters`` stand on the canvas; ``beside`` the room that was left for it.
    """
    gap = _widest_gap(letters)
    if gap and gap[1] - gap[0] >= letters.shape[0] * NARROWEST_GAP and rng.bernoulli(SEALED_SHARE):
        start, stop = (box.left + edge * box.width / letters.shape[1] for edge in gap)
        _mark(rng, canvas, box, (start, stop))
    if beside is None and rng.bernoulli(BESIDE_SHARE):
        beside = rng.pick(tuple(Side)), rng.uniform(*OPENED_WIDTHS)
    if beside:
        side, heights = beside
        wide = box.height * heights
        left = box.left - wide if side is Side.LEFT else box.right
        _mark(rng, canvas, box, (left, left + wide))


def _mark(rng: Rng, canvas: Canvas, box: Box, gap: tuple[float, float]) -> None:
    start, stop = gap
    radius = min((stop - start) * rng.uniform(0.3, 0.48), box.height * LARGEST_MARK)
    # A large one stands amid the line, a small one anywhere in it.
    spare = max(0.0, 0.5 - radius / box.height)
    down = 0.5 + rng.uniform(-spare, spare)
    centre = int((start + stop) / 2), int(box.top + box.height * down)
    rng.weighted(MARKS)(rng, canvas, centre, max(1, int(radius)))


def stick_on(rng: Rng, canvas: Canvas, number_box: Box) -> None:
    """Month and year stickers in the corners, beside or over the number's edge."""
    height, width = canvas.shape[:2]
    for across in (0.0, 1.0):
        if not rng.bernoulli(0.25):
            continue
        size = int(height * rng.uniform(0.12, 0.22))
        left = int((width - size * 1.4) * (0.02 + 0.96 * across))
        top = int(number_box.top - size) if rng.bernoulli(0.7) else int(number_box.bottom)
        top = max(0, min(top, height - size))
        canvas[top : top + size, left : left + int(size * 1.4)] = any_colour(rng)
        digits = scaled(stamped(f"{rng.integer(0, 29):02d}", any_die(rng), 0.0), size * 0.7)
        blend_ink(canvas, narrowed(digits, size), left + 1, top + 1, any_colour(rng))


def paint_edge(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    """A line along the edge, and screws."""
    height, width = canvas.shape[:2]
    inset = max(1, int(height * rng.uniform(0.01, 0.05)))
    if rng.bernoulli(0.6):
        colour = scalar(ink if rng.bernoulli(0.6) else any_colour(rng))
        end = (width - 1 - inset, height - 1 - inset)
        cv2.rectangle(canvas, (inset, inset), end, colour, inset)
    for across in (0.25, 0.75):
        for down in (0.09, 0.92):
            if rng.bernoulli(0.3):
                centre = (int(width * across), int(height * down))
                colour, radius = scalar(any_colour(rng, 30, 230)), max(1, int(height * 0.035))
                cv2.circle(canvas, centre, radius, colour, -1, cv2.LINE_AA)


def wear(rng: Rng, canvas: Canvas) -> Canvas:
    """The plate dirty, faded, unevenly lit."""
    height, width = canvas.shape[:2]
    if rng.bernoulli(0.35):
        cell = max(2, height * rng.uniform(0.05, 0.5))
        canvas = canvas + noise(rng, height, width, cell, rng.uniform(4, 26))[..., None]
    if rng.bernoulli(0.25):
        strength = np.float32(rng.uniform(0.3, 0.8))
        canvas = canvas * strength + np.float32(rng.uniform(20, 160)) * (1 - strength)
    return shaded(rng, canvas)


def frame(
    rng: Rng, assets: Assets, canvas: Canvas, boxes: tuple[Box, ...]
) -> tuple[Canvas, tuple[Box, ...]]:
    """The plate in a dealer's frame, some of which hide its edge, and its boxes there."""
    if not rng.bernoulli(0.5):
        return canvas, boxes
    height, width = canvas.shape[:2]
    above, below = (int(height * rng.uniform(0.02, 0.18)) for _ in range(2))
    side, hidden = int(height * rng.uniform(0.01, 0.06)), int(height * rng.uniform(0, 0.08))
    colour = any_colour(rng, 0, 80) if rng.bernoulli(0.7) else any_colour(rng, 120, 230)
    framed = filled(height + above + below, width + 2 * side, colour)
    framed[above + hidden : above + height - hidden, side : side + width] = canvas[
        hidden : height - hidden
    ]
    boxes = tuple(box.moved(side, above) for box in boxes)
    if rng.bernoulli(0.5):
        top = (above + height - hidden + 1, 1)[rng.bernoulli(0.5)]
        room = max(4, below + hidden - 2 if top > 1 else above + hidden - 2)
        ink = line_ink(vocabulary.line(rng, 1, 3).upper(), rng.pick(assets.faces), room * 0.7)
        if ink is not None:
            ink = narrowed(ink, int(width * 0.9))[:room]
            left = (framed.shape[1] - ink.shape[1]) // 2
            blend_ink(framed, ink, left, top, 255 - colour)
            right, bottom = left + ink.shape[1], top + ink.shape[0]
            boxes += (Box(TEXT, left, top, right, bottom),)
    return framed, boxes


def _widest_gap(letters: Picture) -> tuple[int, int] | None:
    empty = np.concatenate(([False], ~letters.any(axis=0), [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(empty)).reshape(-1, 2)
    widest = max(edges.tolist(), key=lambda edge: edge[1] - edge[0], default=None)
    return None if widest is None else (widest[0], widest[1])
