"""Crops a plate from a frame the way the plate reader takes it, in use and while it learns."""

import cv2
import numpy as np

from worker.pipeline.boxes import cropped, grown, height
from worker.pipeline.frame import Box, Grey, Picture

HEIGHT_PIXELS, WIDTH_PIXELS = 40, 160
# A detector's box may cut a letter's edge off; in shares of the box's height.
MARGIN = 0.06
LEAST_PIXELS = 6
# Between these parts of its height a plate in two rows has the gap between them.
GAP_WITHIN = (0.38, 0.64)
# What is averaged to find it, and what either row is given of it, as parts of the height.
GAP_ROWS, ROW_MARGIN = 0.08, 0.04


def plate_crop(picture: Picture, box: Box) -> Grey | None:
    """(HEIGHT_PIXELS, WIDTH_PIXELS) in grey, whatever the plate's shape; None under 6 pixels."""
    grey = _grey(picture, box)
    return _resized(grey, WIDTH_PIXELS) if min(grey.shape) >= LEAST_PIXELS else None


def stacked_crop(picture: Picture, box: Box) -> Grey | None:
    """The same of a plate in two rows, the lower one put to the right of the upper one."""
    grey = _grey(picture, box)
    if min(grey.shape) < 2 * LEAST_PIXELS:
        return None
    gap, margin = _gap(grey), round(ROW_MARGIN * len(grey))
    rows = grey[: gap + margin], grey[gap - margin :]
    return np.hstack([_resized(row, WIDTH_PIXELS // 2) for row in rows])


def _grey(picture: Picture, box: Box) -> Grey:
    margin = height(box) * MARGIN
    crop = cropped(picture, grown(box, across=margin, down=margin))
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY) if crop.size else crop[..., 0])


def _resized(grey: Grey, width: int) -> Grey:
    method = cv2.INTER_AREA if grey.shape[0] > HEIGHT_PIXELS else cv2.INTER_CUBIC
    return np.asarray(
        cv2.resize(grey, (width, HEIGHT_PIXELS), interpolation=method), dtype=np.uint8
    )


def _gap(grey: Grey) -> int:
    """The row about the middle that has the least strokes across it."""
    # Whole numbers, whose sums are the same on every processor.
    strokes = np.abs(np.diff(grey.astype(np.int32), axis=1)).sum(1)
    averaged = np.convolve(strokes, np.ones(max(1, round(GAP_ROWS * len(grey))), np.int32), "same")
    first, last = (int(share * len(grey)) for share in GAP_WITHIN)
    within = averaged[first : last + 1]
    # Of a clean gap, where several rows have none, the one in the middle.
    least = np.flatnonzero(within == within.min())
    return first + int(least[len(least) // 2])
