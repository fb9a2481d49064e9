"""Which pictures are so full of small print that the detector is shown them twice as large.

Pages and screens are: as others are shown, every fourth of their words is lost. Other pictures
would gain nothing but false boxes.
"""

from collections.abc import Iterable

from worker.pipeline.boxes import height, scaled
from worker.pipeline.frame import TEXT_CLASS, Box, Detection

# The longest side of the network's input, at a scale of 1.
INPUT_PIXELS = 640
USUAL_SCALE, DENSE_SCALE = 1.0, 2.0
# Lines that stand so close that none is found for certain are candidates from here on. Of 165
# photos of plates seven have so many small ones, where from 0.05 on 22 had.
CANDIDATE_FROM_CONFIDENCE = 0.1
SMALL_LINE_PIXELS = 16
DENSE_FROM_LINES = 15


def wanted_scale(lines: Iterable[Box]) -> float:
    """The scale for a picture with candidates for lines there, in the pixels of the usual input."""
    small = sum(height(line) < SMALL_LINE_PIXELS for line in lines)
    return DENSE_SCALE if small >= DENSE_FROM_LINES else USUAL_SCALE


def scale_of(size: tuple[int, int], found: Iterable[Detection]) -> float:
    """The same for what was found in a picture of (width, height), at whatever scale."""
    share = INPUT_PIXELS / max(size)
    return wanted_scale(
        scaled(one.bbox, share, share) for one in found if one.class_name == TEXT_CLASS
    )
