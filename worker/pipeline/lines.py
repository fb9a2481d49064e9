"""Puts lines of text together that a detector found in pieces.

Of a long line a small detector places the far end badly: it finds one piece that lacks the end
and one that lacks the beginning, and they overlap so much that one would be dropped as a double.
"""

import numpy as np
from numpy.typing import NDArray

# Pieces of one line share this much of the higher one's height …
LEAST_LEVEL = 0.7
# … and overlap along the line by this much of the lower one's height, as two words never do.
LEAST_SHARED = 0.5
SCORE = 4

Rows = NDArray[np.float32]


def joined_lines(rows: Rows) -> Rows:
    """The rows (n, 6) of left, top, right, bottom, confidence, class with pieces put together.

    All are text. A line is as long as its pieces together, as high and as sure as its surest;
    the surest come first.
    """
    lines: list[Rows] = []
    for row in rows:
        line = row
        while (other := _first_piece(lines, line)) is not None:
            line = _together(lines.pop(other), line)
        lines.append(line)
    ranked = sorted(lines, key=lambda line: -line[SCORE])
    return np.stack(ranked) if ranked else rows


def _first_piece(lines: list[Rows], line: Rows) -> int | None:
    return next((at for at, other in enumerate(lines) if _are_pieces(other, line)), None)


def _are_pieces(one: Rows, other: Rows) -> bool:
    shared = np.minimum(one[2:4], other[2:4]) - np.maximum(one[:2], other[:2])
    heights = one[3] - one[1], other[3] - other[1]
    return bool(
        shared[1] >= LEAST_LEVEL * max(heights) and shared[0] >= LEAST_SHARED * min(heights)
    )


def _together(one: Rows, other: Rows) -> Rows:
    line = (one if one[SCORE] >= other[SCORE] else other).copy()
    line[0], line[2] = min(one[0], other[0]), max(one[2], other[2])
    return line
