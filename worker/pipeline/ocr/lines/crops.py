"""Crops a line from a frame the way the line reader takes it, in use and while it learns."""

import math

import cv2
import numpy as np

from worker.pipeline.frame import Box, Grey, Picture
from worker.pipeline.ocr.lines.network import HEIGHT_PIXELS

SHORTEST_PIXELS, LONGEST_PIXELS = 16, 4096
LOWEST_PIXELS = 6.0


def line_crop(picture: Picture, box: Box) -> Grey | None:
    """The box in grey, HEIGHT_PIXELS high and as wide as that makes it; None where too small."""
    left, top, right, bottom = box
    rows = slice(max(0, math.floor(top)), math.ceil(bottom))
    columns = slice(max(0, math.floor(left)), math.ceil(right))
    cut = picture[rows, columns]
    height, width = cut.shape[:2]
    if min(height, width) < LOWEST_PIXELS:
        return None
    across = max(SHORTEST_PIXELS, min(LONGEST_PIXELS, round(width * HEIGHT_PIXELS / height)))
    grey = cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY)
    method = cv2.INTER_AREA if height > HEIGHT_PIXELS else cv2.INTER_CUBIC
    resized = cv2.resize(grey, (across, HEIGHT_PIXELS), interpolation=method)
    return np.asarray(resized, np.uint8)
