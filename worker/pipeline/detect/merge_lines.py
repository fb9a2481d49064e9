"""Puts lines of text together that a detector found in parts.

Of a long line a small detector places the far end badly: it finds one part that lacks the end
and one that lacks the beginning, and they overlap so much that one would be dropped as a double.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from worker.pipeline.boxes import LEAST_UPRIGHT_ASPECT, shared_extents

# Parts of one line share this much of the higher one's height …
LEAST_SHARED_HEIGHT = 0.7
# … and overlap along the line by this much of the lower one's height, as two words never do.
LEAST_SHARED_LENGTH = 0.5
# Columns of rows in which across and down have changed places.
TURNED = [1, 0, 3, 2, 4, 5]

Rows = NDArray[np.float32]


def joined_lines(rows: Rows) -> Rows:
    """The rows (n, 6) of left, top, right, bottom, confidence, class with parts put together.

    All are text, most confident first, and so are the lines given back: each as long as its parts
    together, as high and as confident as its most confident one. Of lines that run up or down the
    height is the length.
    """
    return _joined(_joined(rows, _are_parts)[:, TURNED], _are_upright_parts)[:, TURNED]


def _joined(rows: Rows, parts_of: Callable[[Rows], NDArray[np.bool_]]) -> Rows:
    # A line that has grown may meet further parts.
    while (parts := parts_of(rows)).sum() > len(rows):
        rows = _together(rows, parts)
    return rows


def _are_parts(rows: Rows) -> NDArray[np.bool_]:
    """(n, n): whether two rows are parts of one line; each is one of its own."""
    shared = shared_extents(rows)
    heights = rows[:, 3] - rows[:, 1]
    level = shared[..., 1] >= LEAST_SHARED_HEIGHT * np.maximum.outer(heights, heights)
    along = shared[..., 0] >= LEAST_SHARED_LENGTH * np.minimum.outer(heights, heights)
    return np.asarray((level & along) | np.eye(len(rows), dtype=bool))


def _are_upright_parts(turned: Rows) -> NDArray[np.bool_]:
    """The same for rows that are TURNED: both run along what now are their widths."""
    long = turned[:, 2] - turned[:, 0] >= LEAST_UPRIGHT_ASPECT * (turned[:, 3] - turned[:, 1])
    both = np.logical_and.outer(long, long) | np.eye(len(turned), dtype=bool)
    return np.asarray(_are_parts(turned) & both)


def _together(rows: Rows, parts: NDArray[np.bool_]) -> Rows:
    lines, taken = [], np.zeros(len(rows), bool)
    for at in range(len(rows)):
        if taken[at]:
            continue
        group = parts[at] & ~taken
        line = rows[at].copy()
        line[0], line[2] = rows[group, 0].min(), rows[group, 2].max()
        lines.append(line)
        taken |= group
    return np.stack(lines)
