"""Which parts of a detector's input are shown to it, around what has changed."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.boxes import enclosing, grown, intersection, scaled
from worker.pipeline.detect.letterbox import Letterbox
from worker.pipeline.frame import Box

BLOCK_PIXELS = 16
# In the network's pixels: what it sees around a change, and what the sides of what it is shown are
# multiples of. It prepares itself for each new size, which takes as long as a whole frame.
CONTEXT_PIXELS = 40
WINDOW_PIXELS = 128
# YOLO's coarsest stride: a window on this grid is seen as it is in the whole input.
GRID_PIXELS = 32

# Which blocks of a frame, BLOCK_PIXELS wide and high: (rows, columns).
Blocks = NDArray[np.bool_]


def windows_of(blocks: Blocks, letterbox: Letterbox) -> list[Box]:
    """Parts of the input, none of which overlap, around the blocks and their surroundings."""
    near = cv2.dilate(blocks.astype(np.uint8), np.ones((3, 3), np.uint8))
    _, _, parts, _ = cv2.connectedComponentsWithStats(near)
    windows: list[Box] = []
    for left, top, width, height, _ in parts[1:].tolist():
        part = scaled((left, top, left + width, top + height), BLOCK_PIXELS, BLOCK_PIXELS)
        box = grown(letterbox.place(part), across=CONTEXT_PIXELS, down=CONTEXT_PIXELS)
        windows = _joined(windows, _sized(box, letterbox.padded), letterbox.padded)
    return windows


def blocks_of(box: Box) -> tuple[slice, slice]:
    """The rows and columns of the blocks under a box of the frame."""
    left, top, right, bottom = (max(0, int(side)) // BLOCK_PIXELS for side in box)
    return slice(top, bottom + 1), slice(left, right + 1)


def _joined(windows: Sequence[Box], new: Box, size: tuple[int, int]) -> list[Box]:
    """The windows and a new one, as one where they overlap."""
    apart = list(windows)
    while meeting := [window for window in apart if intersection(window, new)]:
        apart = [window for window in apart if window not in meeting]
        new = _sized(enclosing([*meeting, new]), size)
    return [*apart, new]


def _sized(box: Box, size: tuple[int, int]) -> Box:
    """A window around what of the box is in the input, of one of few sizes, on the grid."""
    (left, right), (top, bottom) = map(_side, box[:2], box[2:], size)
    return left, top, right, bottom


def _side(start: float, end: float, whole: int) -> tuple[int, int]:
    first = int(max(0, start)) // GRID_PIXELS * GRID_PIXELS
    blocks = -int(-(min(end, whole) - first) // WINDOW_PIXELS)
    length = min(whole, blocks * WINDOW_PIXELS)
    first = min(first, whole - length)
    return first, first + length
