"""Crops a plate from a frame the way the plate reader takes it, in use and while it learns."""

import cv2
import numpy as np

from worker.pipeline.boxes import cropped, grown, height
from worker.pipeline.frame import Box, Grey, Picture

HEIGHT_PIXELS, WIDTH_PIXELS = 40, 160
# A detector's box may cut a letter's edge off; in shares of the box's height.
MARGIN = 0.06
LEAST_PIXELS = 6


def plate_crop(picture: Picture, box: Box) -> Grey | None:
    """(HEIGHT_PIXELS, WIDTH_PIXELS) in grey, whatever the plate's shape; None under 6 pixels."""
    margin = height(box) * MARGIN
    crop = cropped(picture, grown(box, across=margin, down=margin))
    if min(crop.shape[:2]) < LEAST_PIXELS:
        return None
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    method = cv2.INTER_AREA if grey.shape[0] > HEIGHT_PIXELS else cv2.INTER_CUBIC
    return np.asarray(
        cv2.resize(grey, (WIDTH_PIXELS, HEIGHT_PIXELS), interpolation=method), dtype=np.uint8
    )
