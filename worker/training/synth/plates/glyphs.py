"""Letters as dies stamp them into plates: one even stroke, its corners more or less round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.training.synth.patch import Picture
from worker.training.synth.rng import Rng

DRAWN_PIXELS = 72
GRID_WIDTH, GRID_HEIGHT = 4.0, 8.0
SUBPIXEL_BITS = 4

# Strokes on a grid 4 wide and 8 high, a point as two digits; ~ rounds the corners, = closes too.
GLYPHS: Mapping[str, tuple[str, ...]] = {
    "A": ("08 20 48", "15 35"),
    "B": ("00 08", "~00 40 44 04", "~04 44 48 08"),
    "C": ("~42 40 00 08 48 46",),
    "D": ("00 08", "~00 40 48 08"),
    "E": ("40 00 08 48", "04 34"),
    "F": ("40 00 08", "04 34"),
    "G": ("~42 40 00 08 48 44", "24 44"),
    "H": ("00 08", "40 48", "04 44"),
    "I": ("20 28",),
    "J": ("~40 48 08 06",),
    "K": ("00 08", "40 05", "14 48"),
    "L": ("00 08 48",),
    "M": ("08 00 24 40 48",),
    "N": ("08 00 48 40",),
    "O": ("=00 40 48 08",),
    "P": ("00 08", "~00 40 44 04"),
    "Q": ("=00 40 48 08", "26 48"),
    "R": ("00 08", "~00 40 44 04", "24 48"),
    "S": ("~42 40 00 04 44 48 08 06",),
    "T": ("00 40", "20 28"),
    "U": ("~00 08 48 40",),
    "V": ("00 28 40",),
    "W": ("00 18 23 38 40",),
    "X": ("00 48", "40 08"),
    "Y": ("00 24 40", "24 28"),
    "Z": ("00 40 08 48",),
    "0": ("=00 40 48 08",),
    "1": ("11 20 28",),
    "2": ("~02 00 40 43 08", "08 48"),
    "3": ("~01 00 40 44 14", "~14 44 48 08 07"),
    "4": ("38 30 05 45",),
    "5": ("40 00 03", "~03 43 48 08 07"),
    "6": ("=04 44 48 08", "~04 00 40 41"),
    "7": ("00 40 18",),
    "8": ("=00 40 44 04", "=04 44 48 08"),
    "9": ("=00 40 44 04", "~44 48 08 07"),
}
# Other shapes that some authorities' dies have; a set of dies draws each letter in one of them.
OTHERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "A": (("08 10 30 48", "05 45"), ("~08 00 40 48", "05 45")),
    "C": (("~41 40 00 08 48 47",),),
    "E": (("40 00 08 48", "04 44"),),
    "F": (("40 00 08", "04 44"),),
    "G": (("~41 40 00 08 48 45", "25 45 48"),),
    "I": (("20 28", "10 30", "18 38"), ("20 28", "00 40", "08 48")),
    "J": (("20 40", "~40 48 08 06"), ("~30 38 08 06",)),
    "K": (("00 08", "40 04 48"),),
    "M": (("08 00 28 40 48",), ("08 10 26 30 48",)),
    "Q": (("=00 40 48 08", "36 48"), ("=00 40 48 08", "25 28")),
    "R": (("00 08", "~00 40 44 04", "44 48"), ("00 08", "~00 40 44 04", "14 48")),
    "S": (("~41 40 00 04 44 48 08 07",),),
    "W": (
        ("00 18 20 38 40",),
        ("00 08 24 48 40",),
        ("00 18 25 38 40",),
        ("00 08 26 48 40",),
    ),
    "Y": (("00 23 40", "23 28"), ("~00 04 44 40", "24 28"), ("00 25 40", "25 28")),
    "0": (("=00 40 48 08", "07 41"),),
    "1": (("11 20 28", "18 38"), ("11 20 28", "08 48"), ("20 28",), ("02 20 28",)),
    "2": (("~01 00 40 44 08", "08 48"), ("~02 00 40 44 04 08", "08 48")),
    "3": (("00 40 23", "~23 43 48 08 07"), ("~00 40 44 14", "~14 44 48 08")),
    # The bar as low and the foot as short as California's.
    "4": (
        ("00 05 45", "30 38"),
        ("20 06 46", "33 38"),
        ("30 05 45", "33 38"),
        ("20 06 46", "34 38"),
        ("20 06 46", "35 38"),
        ("10 06 46", "34 38"),
        ("38 20 05 45",),
        ("48 40 05 45",),
    ),
    "5": (("40 00 04", "~04 44 48 08 07"), ("40 10 04", "~04 43 48 08 06")),
    "6": (("30 05", "=04 44 48 08"), ("~42 40 00 08 48 44 04",)),
    "7": (("00 40 24 28",), ("01 00 40 18",), ("~00 40 28",)),
    "8": (("=10 30 34 14", "=04 44 48 08"),),
    "9": (("18 43", "=00 40 44 04"), ("~04 00 40 48 08 06", "~04 44 42")),
}
NARROW, WIDE = "I1", "MW"
PLAIN_SHARE = 0.5

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Die:
    """One set of dies: shares of a letter's height, ``radius`` and ``waist`` in cells of the grid.

    ``contrast`` is how much thicker the strokes down are than those across; ``others`` are the
    strokes of the characters that this set draws in another shape than most.
    """

    stroke: float
    aspect: float
    radius: float
    waist: float
    zero_aspect: float
    wide_aspect: float
    gap: float
    contrast: float = 1.0
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def any_die(rng: Rng) -> Die:
    """A set of dies as some authority might have had made."""
    aspect = rng.uniform(0.4, 0.64)
    return Die(
        stroke=aspect * rng.uniform(0.19, 0.33),
        aspect=aspect,
        radius=rng.uniform(0.7, 2.4),
        waist=rng.uniform(3.5, 4.4),
        zero_aspect=rng.uniform(0.8, 1.0),
        wide_aspect=rng.uniform(1.0, 1.3),
        gap=rng.uniform(0.08, 0.3),
        contrast=rng.uniform(0.85, 1.3),
        others={c: rng.pick(OTHERS[c]) for c in OTHERS if not rng.bernoulli(PLAIN_SHARE)},
    )


def stamped(text: str, die: Die, word_gap: float) -> Picture:
    """The ink of capitals and digits, ``DRAWN_PIXELS`` high; gaps are shares of that height.

    Characters that no die has leave a gap between words.
    """
    gap, between = round(die.gap * DRAWN_PIXELS), round(word_gap * DRAWN_PIXELS)
    parts: list[Picture] = []
    for character in text:
        known = character in GLYPHS
        parts.append(_glyph(character, die) if known else _blank(between))
        parts.append(_blank(gap))
    return np.hstack(parts[:-1])


def _blank(width: int) -> Picture:
    return np.zeros((DRAWN_PIXELS, max(1, width)), np.uint8)


def _glyph(character: str, die: Die) -> Picture:
    thickness = max(3, round(die.stroke * DRAWN_PIXELS))
    strokes = die.others.get(character, GLYPHS[character])
    width = round(die.aspect * DRAWN_PIXELS * _relative_width(character, die))
    # Drawn narrower and stretched to its width: that makes the strokes down the thicker ones.
    drawn = max(thickness + 2, round(width / die.contrast))
    image = np.zeros((DRAWN_PIXELS, drawn), np.uint8)
    room = np.array([drawn - thickness - 1, DRAWN_PIXELS - thickness - 1])
    for stroke in strokes:
        points = _path(stroke, die) / (GRID_WIDTH, GRID_HEIGHT) * room + thickness / 2
        fixed = np.round(points * 2**SUBPIXEL_BITS).astype(np.int32)
        cv2.polylines(image, [fixed], False, 255, thickness, cv2.LINE_AA, SUBPIXEL_BITS)
    image = np.asarray(cv2.resize(image, (width, DRAWN_PIXELS)), np.uint8)
    return _trimmed(image, thickness // 4) if character in NARROW else image


def _relative_width(character: str, die: Die) -> float:
    if character in WIDE:
        return die.wide_aspect
    return die.zero_aspect if character == "0" else 1.0


def _trimmed(image: Picture, margin: int) -> Picture:
    columns = np.flatnonzero(image.any(axis=0))
    return image[:, max(0, columns[0] - margin) : columns[-1] + 1 + margin]


def _path(stroke: str, die: Die) -> Points:
    closed, rounded = stroke[0] == "=", stroke[0] in "~="
    points = np.array([(int(p[0]), int(p[1])) for p in stroke.strip("~=").split()], float)
    points[points[:, 1] == GRID_HEIGHT / 2, 1] = die.waist
    if closed:
        points = _cut_open(points)
    return _rounded(points, die.radius) if rounded else points


def _cut_open(points: Points) -> Points:
    """The closed path as an open one that starts and ends amid its first side."""
    middle = (points[0] + points[1]) / 2
    return np.vstack([middle, points[1:], points[0], middle])


def _rounded(points: Points, radius: float) -> Points:
    path: list[Points] = [points[0]]
    for before, corner, after in zip(points[:-2], points[1:-1], points[2:], strict=True):
        path += _arc(before, corner, after, radius)
    return np.array([*path, points[-1]])


def _arc(before: Points, corner: Points, after: Points, radius: float) -> Sequence[Points]:
    """A quadratic Bézier curve in place of the corner."""
    start, end = (_towards(corner, point, radius) for point in (before, after))
    shares = np.linspace(0, 1, 7)[:, None]
    curve = (1 - shares) ** 2 * start + 2 * shares * (1 - shares) * corner + shares**2 * end
    return list(curve)


def _towards(corner: Points, point: Points, radius: float) -> Points:
    side = float(np.linalg.norm(point - corner))
    return corner + (point - corner) / side * min(radius, side / 2)
