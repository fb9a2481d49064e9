"""Searches the windows of a frame in which something has changed."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from worker.pipeline.boxes import area, part_inside
from worker.pipeline.detect.letterbox import Letterbox
from worker.pipeline.detect.scales import USUAL_SCALE, scale_of
from worker.pipeline.detect.windows import Blocks, blocks_of, windows_of
from worker.pipeline.frame import Box, Detection, Frame, Picture

# Windows are searched one after the other, and cost a fifth more than as much of a whole frame.
SEARCH_WINDOWS_TO_PART = 0.75
# How near to a window's edge a box may have been cut by it, in the network's pixels.
EDGE_PIXELS = 4
# A box found in a window is one that is known already when the known one covers so much of it.
KNOWN_FROM_PART = 0.5

Rows = NDArray[np.float32]


class Searcher(Protocol):
    """A detector, as Detector is."""

    def search(self, frames: Sequence[Frame]) -> list[Frame]:
        """The frames with what was found in each, all of it."""
        ...

    def letterbox(self, size: tuple[int, int], *, scale: float = USUAL_SCALE) -> Letterbox:
        """How pictures of (width, height) lie in the network's input, as they are or larger."""
        ...

    def infer(self, inputs: Sequence[Picture]) -> list[tuple[Rows, bool]]:
        """Rows in the input's pixels, and whether the model gave nothing but numbers."""
        ...

    def detections(self, rows: Rows, letterbox: Letterbox) -> tuple[Detection, ...]:
        """What was found, in the picture's pixels."""
        ...


def search_windows(
    searcher: Searcher,
    frame: Frame,
    blocks: Blocks,
    kept: Sequence[Detection],
    *,
    scale: float,
) -> list[Detection] | None:
    """What is new in the blocks, beside what is kept; None when only a whole search can say it.

    scale: at which the frame is known to be shown to the detector best.
    """
    letterbox = searcher.letterbox(frame.size, scale=scale)
    windows = windows_of(blocks, letterbox)
    whole = letterbox.padded[0] * letterbox.padded[1]
    if sum(map(area, windows)) >= SEARCH_WINDOWS_TO_PART * whole:
        return None
    fresh: list[Detection] = []
    picture = letterbox.fit(frame.picture) if windows else frame.picture
    for window in windows:
        left, top, right, bottom = map(int, window)
        ((rows, all_numbers),) = searcher.infer([picture[top:bottom, left:right]])
        if not all_numbers:
            return None
        rows[:, :4] += (left, top, left, top)
        found = searcher.detections(rows, letterbox)
        for one, is_cut in zip(found, _cut(rows, window, letterbox.padded), strict=True):
            if blocks[blocks_of(one.bbox)].any() and not is_known(one, kept):
                if is_cut:
                    return None
                fresh.append(one)
    needs_closer_look = scale_of(frame.size, [*kept, *fresh]) > scale
    return None if needs_closer_look else fresh


def _cut(rows: Rows, window: Box, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Whether each box may go on outside of the window, where it ends inside of the input."""
    left, top, right, bottom = window
    near = np.stack(
        [
            (rows[:, 0] < left + EDGE_PIXELS) & (left > 0),
            (rows[:, 1] < top + EDGE_PIXELS) & (top > 0),
            (rows[:, 2] > right - EDGE_PIXELS) & (right < size[0]),
            (rows[:, 3] > bottom - EDGE_PIXELS) & (bottom < size[1]),
        ]
    )
    return np.asarray(near.any(axis=0))


def is_known(found: Detection, known: Iterable[Detection]) -> bool:
    """Whether what was found is one of what is known already."""
    return any(
        one.class_id == found.class_id and part_inside(found.bbox, one.bbox) > KNOWN_FROM_PART
        for one in known
    )
