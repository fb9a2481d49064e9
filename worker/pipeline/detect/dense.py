"""Which pictures are so full of small print that the detector is shown them twice as large.

Pages and screens are: as others are shown, every fourth of their words is lost. Other pictures
would gain nothing but false boxes.
"""

from collections.abc import Iterable

from worker.pipeline.boxes import height, scaled
from worker.pipeline.frame import TEXT_CLASS, Box, Detection

# The longest side of the network's input.
INPUT_PIXELS, CLOSER_INPUT_PIXELS = 640, 1280
# Lines that stand so close that none is found for certain are candidates from here on. Of 165
# photos of plates two have so many small ones, of 20 pages and screens all.
CANDIDATE_FROM_CONFIDENCE = 0.05
SMALL_LINE_PIXELS = 16
DENSE_FROM_LINES = 15


def is_dense(lines: Iterable[Box]) -> bool:
    """Whether these boxes of lines, in the input's pixels, are many small ones."""
    return sum(height(line) < SMALL_LINE_PIXELS for line in lines) >= DENSE_FROM_LINES


def is_dense_picture(size: tuple[int, int], found: Iterable[Detection]) -> bool:
    """The same of what was found in a picture of (width, height)."""
    scale = INPUT_PIXELS / max(size)
    return is_dense(scaled(one.bbox, scale, scale) for one in found if one.class_name == TEXT_CLASS)
