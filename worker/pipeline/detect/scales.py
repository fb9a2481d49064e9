"""Which pictures the detector is shown larger than others.

As others are shown, every fourth word of pages and screens is lost, and the edges of small plates
are missed by as much as a letter. Other pictures would gain nothing but false boxes.
"""

from collections.abc import Iterable

from worker.pipeline.boxes import height, scaled
from worker.pipeline.frame import PLATE_CLASS, TEXT_CLASS, Box, Detection

# The longest side of the network's input, at a scale of 1.
INPUT_PIXELS = 640
USUAL_SCALE, SMALL_PLATES_SCALE, DENSE_SCALE = 1.0, 1.5, 2.0
# Lines that stand so close that none is found for certain are candidates from here on. Of 165
# photos of plates seven have so many small ones, where from 0.05 on 22 had.
CANDIDATE_FROM_CONFIDENCE = 0.1
SMALL_LINE_PIXELS = 16
DENSE_FROM_LINES = 15
# Of 111 photos with plates that are as high as that in the middle, 3 more are read exactly.
# Lower ones nobody reads then either.
SMALL_PLATE_PIXELS = (10, 24)


def wanted_scale(lines: Iterable[Box], plates: Iterable[Box]) -> float:
    """The scale for a picture with candidates for lines and plates there, in its input's pixels.

    The input is that of USUAL_SCALE.
    """
    if sum(height(line) < SMALL_LINE_PIXELS for line in lines) >= DENSE_FROM_LINES:
        return DENSE_SCALE
    least, most = SMALL_PLATE_PIXELS
    if any(least <= height(plate) < most for plate in plates):
        return SMALL_PLATES_SCALE
    return USUAL_SCALE


def scale_of(size: tuple[int, int], found: Iterable[Detection]) -> float:
    """The same for what was found in a picture of (width, height), at whatever scale."""
    share = INPUT_PIXELS / max(size)
    shown = [(one, scaled(one.bbox, share, share)) for one in found]
    lines = (box for one, box in shown if one.class_name == TEXT_CLASS)
    plates = (box for one, box in shown if one.class_name == PLATE_CLASS and not one.is_doubtful)
    return wanted_scale(lines, plates)
