"""What is on and around a plate beside its number, none of it to be read: marks, stickers, wear."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

import cv2
import numpy as np

from worker.training.synth.assets import Assets
from worker.training.synth.background.textures import noise, shaded
from worker.training.synth.colours import Colour, any_colour, scalar
from worker.training.synth.patch import TEXT, Box, Canvas, Picture, blend_ink, filled
from worker.training.synth.plates.glyphs import any_die, stamped
from worker.training.synth.plates.ink import narrowed, scaled
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
