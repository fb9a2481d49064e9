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

Rows = NDArray[np.float32]


def joined_lines(rows: Rows) -> Rows:
    """The rows (n, 6) of left, top, right, bottom, confidence, class with pieces put together.

    All are text, the surest first, and so are the lines given back: each as long as its pieces
    together, as high and as sure as its surest one.
    """
    # A line that has grown may meet further pieces.
    while (pieces := _are_pieces(rows)).sum() > len(rows):
        rows = _together(rows, pieces)
    return rows


def _are_pieces(rows: Rows) -> NDArray[np.bool_]:
    """(n, n): whether two rows are pieces of one line; each is one of its own."""
    starts, ends = rows[:, :2], rows[:, 2:4]
    shared = np.minimum(ends[:, None], ends) - np.maximum(starts[:, None], starts)
    heights = ends[:, 1] - starts[:, 1]
    level = shared[..., 1] >= LEAST_LEVEL * np.maximum.outer(heights, heights)
    along = shared[..., 0] >= LEAST_SHARED * np.minimum.outer(heights, heights)
    return np.asarray((level & along) | np.eye(len(rows), dtype=bool))


def _together(rows: Rows, pieces: NDArray[np.bool_]) -> Rows:
    lines, taken = [], np.zeros(len(rows), bool)
    for at in range(len(rows)):
        if taken[at]:
            continue
        group = pieces[at] & ~taken
        line = rows[at].copy()
        line[0], line[2] = rows[group, 0].min(), rows[group, 2].max()
        lines.append(line)
        taken |= group
    return np.stack(lines)
