"""Geometry of boxes: x1, y1, x2, y2 in pixels, x2 and y2 outside of the box."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from worker.pipeline.frame import Box, Picture

# Three letters are about so many times as long as they are high.
LEAST_UPRIGHT_ASPECT = 1.5


def width(box: Box) -> float:
    """In pixels."""
    return box[2] - box[0]


def height(box: Box) -> float:
    """In pixels."""
    return box[3] - box[1]


def area(box: Box) -> float:
    """In square pixels."""
    return (box[2] - box[0]) * (box[3] - box[1])


def may_run_up(box: Box) -> bool:
    """Whether some letters side by side in it would rather run up or down than across."""
    return height(box) >= LEAST_UPRIGHT_ASPECT * width(box)


def middle(box: Box) -> tuple[float, float]:
    """Its x and y."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def intersection(one: Box, other: Box) -> float:
    """The area in both, in square pixels; 0 where they do not meet."""
    if one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]:
        return 0.0
    across = min(one[2], other[2]) - max(one[0], other[0])
    return across * (min(one[3], other[3]) - max(one[1], other[1]))


def intersection_over_union(one: Box, other: Box) -> float:
    """The part that is in both of all that two boxes cover, 0 to 1."""
    shared = intersection(one, other)
    return shared / (area(one) + area(other) - shared) if shared else 0.0


def part_inside(inner: Box, outer: Box) -> float:
    """The part of the inner box's area that the outer one covers, 0 to 1."""
    shared = intersection(inner, outer)
    return shared / area(inner) if shared else 0.0


def shared_height(one: Box, other: Box) -> float:
    """The rows in both as a part of the lower one's, at most 1; negative where they have none."""
    lower = min(height(one), height(other))
    return (min(one[3], other[3]) - max(one[1], other[1])) / lower if lower > 0 else 0.0


def enclosing(boxes: Iterable[Box]) -> Box:
    """The smallest box around at least one."""
    x1, y1, x2, y2 = zip(*boxes, strict=True)
    return min(x1), min(y1), max(x2), max(y2)


def moved(box: Box, by: Box) -> Box:
    """Each side moved by so many pixels, to the right and down."""
    return box[0] + by[0], box[1] + by[1], box[2] + by[2], box[3] + by[3]


def grown(box: Box, *, across: float, down: float) -> Box:
    """Let out by so many pixels at its left and right, and at its top and bottom."""
    return moved(box, (-across, -down, across, down))


def scaled(box: Box, x: float, y: float) -> Box:
    """Each side as many times as far from the picture's left and top edge."""
    return box[0] * x, box[1] * y, box[2] * x, box[3] * y


def clamped(box: Box, size: tuple[int, int]) -> Box:
    """What lies in a picture of that width and height."""
    x1, y1, x2, y2 = (
        min(max(side, 0.0), float(most)) for side, most in zip(box, size * 2, strict=True)
    )
    return x1, y1, x2, y2


def cropped(picture: Picture, box: Box) -> Picture:
    """The pixels (h, w, 3) of a picture that the box touches; a view, empty outside of it."""
    rows = slice(max(0, int(box[1])), max(0, math.ceil(box[3])))
    return picture[rows, max(0, int(box[0])) : max(0, math.ceil(box[2]))]


def shared_extents(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, n, 2): the width and height in every two of n boxes (n, 4); negative where apart."""
    starts, ends = rows[:, :2], rows[:, 2:4]
    return np.minimum(ends[:, None], ends) - np.maximum(starts[:, None], starts)
