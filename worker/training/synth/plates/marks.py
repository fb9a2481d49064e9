"""Marks on plates that are no characters: seals, arms, stickers, painted pictures."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np

from worker.training.synth.background.textures import noise
from worker.training.synth.colours import any_colour, scalar
from worker.training.synth.patch import Canvas, Picture, filled
from worker.training.synth.plates.glyphs import any_die, stamped
from worker.training.synth.plates.ink import narrowed, scaled
from worker.training.synth.rng import Rng
from worker.training.synth.text import vocabulary


def _disc(rng: Rng, canvas: Canvas, centre: tuple[int, int], radius: int) -> None:
    """A seal: a disc or a ring, some with another one in it."""
    fill = -1 if rng.bernoulli(0.7) else max(1, radius // 4)
    cv2.circle(canvas, centre, radius, scalar(any_colour(rng)), fill, cv2.LINE_AA)
    if rng.bernoulli(0.5):
        cv2.circle(canvas, centre, radius // 2, scalar(any_colour(rng)), -1, cv2.LINE_AA)


def _emblem(rng: Rng, canvas: Canvas, centre: tuple[int, int], radius: int) -> None:
    """A coat of arms or an animal: a shape of some corners, another on it."""
    for share in (1.0, 0.5):
        count = rng.integer(4, 9)
        angles = np.sort(rng.array.uniform(0, 2 * np.pi, count))
        reach = rng.array.uniform(0.5, 1.2, count) * radius * share
        points = np.stack([np.cos(angles), np.sin(angles)], 1) * reach[:, None] + centre
        cv2.fillPoly(canvas, [points.astype(np.int32)], scalar(any_colour(rng)), cv2.LINE_AA)


def _pair(rng: Rng, canvas: Canvas, centre: tuple[int, int], radius: int) -> None:
    """Two seals, one above the other."""
    for off in (-radius, radius):
        _disc(rng, canvas, (centre[0], centre[1] + off), radius)


def _outline(rng: Rng, canvas: Canvas, centre: tuple[int, int], radius: int) -> None:
    """A land's outline or an animal: a shape of many corners, in one dark or light colour."""
    count = rng.integer(8, 20)
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    reach = rng.array.uniform(0.45, 1.15, count) * radius
    stretch = (1.0, rng.uniform(0.7, 1.6))
    points = np.stack([np.cos(angles), np.sin(angles)], 1) * reach[:, None] * stretch + centre
    grey = rng.uniform(0, 110) if rng.bernoulli(0.7) else rng.uniform(130, 255)
    colour = any_colour(rng) if rng.bernoulli(0.5) else np.full(3, grey)
    corners = [points.astype(np.int32)]
    if rng.bernoulli(0.75):
        cv2.fillPoly(canvas, corners, scalar(colour), cv2.LINE_AA)
    else:
        cv2.polylines(canvas, corners, True, scalar(colour), max(1, radius // 6), cv2.LINE_AA)


def _dots(rng: Rng, canvas: Canvas, centre: tuple[int, int], radius: int) -> None:
    """One, two or three dots, above or beside each other, as round or square as a stop."""
    colour, size = scalar(any_colour(rng)), max(1, int(radius * rng.uniform(0.2, 0.5)))
    step, count, upright = size * rng.uniform(2.2, 4.0), rng.integer(1, 3), rng.bernoulli(0.7)
    for at in range(count):
        off = int((at - (count - 1) / 2) * step)
        x, y = centre[0] + off * (not upright), centre[1] + off * upright
        cv2.circle(canvas, (x, y), size, colour, -1, cv2.LINE_AA)


def _flag(rng: Rng, canvas: Canvas, centre: tuple[int, int], radius: int) -> None:
    """Two or three stripes of different colours, or a sticker of one."""
    count, upright = rng.integer(1, 3), rng.bernoulli(0.5)
    wide, tall = 2 * radius, max(2, int(radius * rng.uniform(1.0, 2.4)))
    left, top = centre[0] - radius, centre[1] - tall // 2
    for at in range(count):
        low, high = at / count, (at + 1) / count
        start = (left + int(wide * low * upright), top + int(tall * low * (not upright)))
        end = (
            left + int(wide * (high if upright else 1)) - 1,
            top + int(tall * (1 if upright else high)) - 1,
        )
        cv2.rectangle(canvas, start, end, scalar(any_colour(rng)), -1)


def _patchwork(rng: Rng, canvas: Canvas, centre: tuple[int, int], radius: int) -> None:
    """A painted picture: blots of several colours within an oval or a square."""
    side = 2 * radius
    cell = max(2.0, radius * rng.uniform(0.3, 1.0))
    spread = rng.uniform(25, 90)
    colours = np.stack([noise(rng, side, side, cell, spread) for _ in range(3)], 2)
    cover = np.zeros((side, side), np.uint8)
    if rng.bernoulli(0.6):
        axes = (int(radius * rng.uniform(0.6, 1.0)), int(radius * rng.uniform(0.6, 1.0)))
        cv2.ellipse(cover, (radius, radius), axes, 0, 0, 360, 255, -1, cv2.LINE_AA)
    else:
        cover[:] = 255
    painted = np.clip(colours + any_colour(rng), 0, 255).astype(np.float32)
    _lay(canvas, painted, cover, centre)


def _sign(rng: Rng, canvas: Canvas, centre: tuple[int, int], radius: int) -> None:
    """A square sticker with a figure of a few strokes, as for disabled drivers."""
    side = 2 * radius
    cover = np.full((side, side), 255, np.uint8)
    ground, ink = any_colour(rng), any_colour(rng, 150, 255)
    _lay(canvas, filled(side, side, ground), cover, centre)
    corner = np.array(centre) - radius
    thickness = max(1, radius // rng.integer(4, 7))
    for _ in range(rng.integer(1, 3)):
        points = rng.array.uniform(0.15, 0.85, (rng.integer(2, 4), 2)) * side + corner
        cv2.polylines(canvas, [points.astype(np.int32)], False, scalar(ink), thickness, cv2.LINE_AA)
    if rng.bernoulli(0.6):
        off = rng.array.uniform(-0.3, 0.3, 2) * radius
        at = (int(centre[0] + off[0]), int(centre[1] + off[1]))
        size = max(1, int(radius * rng.uniform(0.2, 0.5)))
        cv2.circle(canvas, at, size, scalar(ink), thickness, cv2.LINE_AA)


def _small_letters(rng: Rng, canvas: Canvas, centre: tuple[int, int], radius: int) -> None:
    """Two or three small letters above each other: a county's, or the class of a vehicle."""
    count, die, colour = rng.integer(2, 3), any_die(rng), any_colour(rng, 0, 160)
    tall = 2 * radius / count
    for at in range(count):
        letter = scaled(stamped(rng.pick(vocabulary.LETTERS), die, 0.0), max(4, tall * 0.85))
        letter = narrowed(letter, 2 * radius)
        middle = centre[0], int(centre[1] - radius + (at + 0.5) * tall)
        height, width = letter.shape
        _lay(canvas, filled(height, width, colour), letter, middle)


def _lay(canvas: Canvas, painted: Canvas, cover: Picture, centre: tuple[int, int]) -> None:
    """``painted`` on the canvas around ``centre`` where it is covered, clipped at the edges."""
    height, width = canvas.shape[:2]
    left, top = centre[0] - cover.shape[1] // 2, centre[1] - cover.shape[0] // 2
    rows, columns = np.mgrid[top : top + cover.shape[0], left : left + cover.shape[1]]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    share = cover[inside][:, None].astype(np.float32) / 255
    at = rows[inside], columns[inside]
    canvas[at] = canvas[at] * (1 - share) + painted[inside] * share


Mark = Callable[[Rng, Canvas, tuple[int, int], int], None]
MARKS: Mapping[Mark, float] = MappingProxyType(
    {
        _disc: 20.0,
        _pair: 12.0,
        _emblem: 14.0,
        _outline: 16.0,
        _dots: 10.0,
        _flag: 10.0,
        _patchwork: 16.0,
        _sign: 8.0,
        _small_letters: 6.0,
    }
)
