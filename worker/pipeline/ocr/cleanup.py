"""What is letters in a line's crop and what is not: panels' edges, surroundings, a slant."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.frame import Grey
from worker.pipeline.ocr.levels import levels

# The middle of a crop, where letters are: shares of its height left out, and of its height
# again at either end of the line.
MIDDLE_ROWS = 0.3
MIDDLE_ENDS = 0.35
# How much of something that touches the crop's border may lie in the middle; a letter has more.
LETTER_ABOVE_PART_IN_MIDDLE = 0.15
BLUR_PIXELS = 2
SLANTS_DEGREES = (8, 11, 14, 17, 20)
# How much sharper than as they are the columns must become for a line to count as slanted.
SLANTED_FROM_GAIN = 1.2
# A panel's edge fills its columns; a letter leaves the rows above and below the line free.
BAR_FROM_PART_INKED = 0.95

Number = TypeVar("Number", np.uint8, np.int32)


def on_even_ground(line: Grey, *, beside: int = 0) -> Grey:
    """The line dark on light, and nothing but its letters: what lies around is the ground's shade.

    Tesseract reads a panel's edge as I, | or [. What touches the crop's border without reaching
    into its middle is no letter; what is lighter than the ground is neither, nor is a bar within
    beside pixels of an end, or what lies beyond it.
    """
    middle = _middle(line)
    low, median, high = levels(middle, 5, 50, 95)
    # Letters cover less of a line than their ground does.
    if median < (low + high) / 2:
        line, middle = 255 - line, 255 - middle
    (ground,) = levels(middle, 70)
    level, _ = cv2.threshold(np.ascontiguousarray(middle), 0, 255, cv2.THRESH_OTSU)
    clean = np.minimum(line, ground)
    ink = (line <= level).astype(np.uint8)
    clean[_surroundings(ink)] = ground
    clean[:, _beyond_bars(ink, beside)] = ground
    return np.asarray(clean, dtype=np.uint8)


def set_upright(line: Grey) -> Grey | None:
    """The line sheared until its strokes stand upright; None when they do already."""
    strokes = np.abs(cv2.Sobel(line, cv2.CV_32F, 1, 0))
    before = _sharpness(strokes)
    gains = [_sharpness(_sheared(strokes, degrees)) / (before + 1e-6) for degrees in SLANTS_DEGREES]
    best = int(np.argmax(gains))
    if gains[best] < SLANTED_FROM_GAIN:
        return None
    return np.asarray(_sheared(line, SLANTS_DEGREES[best], cv2.BORDER_REPLICATE), dtype=np.uint8)


def _middle(line: NDArray[Number]) -> NDArray[Number]:
    height, width = line.shape
    above = round(height * MIDDLE_ROWS)
    beside = min(round(height * MIDDLE_ENDS), width // 4)
    return line[above : height - above, beside : width - beside]


def _surroundings(ink: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where the ink is that belongs to something that goes on outside of the crop."""
    count, found = cv2.connectedComponents(ink, connectivity=8)
    labels = np.asarray(found, dtype=np.int32)
    areas = np.bincount(labels.ravel(), minlength=count)
    inside = np.bincount(_middle(labels).ravel(), minlength=count)
    rims = np.union1d(labels[0], labels[-1])
    # A letter that the box cut off touches the crop's end, but not its rim as well.
    frames = np.intersect1d(rims, np.union1d(labels[:, 0], labels[:, -1]))
    bars = np.intersect1d(labels[0], labels[-1])
    neighbours = np.setdiff1d(rims, _standing_in_ends(labels))
    touching = np.zeros(count, dtype=bool)
    touching[np.concatenate([frames, bars, neighbours])] = True
    outside = touching & (inside <= LETTER_ABOVE_PART_IN_MIDDLE * areas)
    outside[0] = False
    spread = np.ones((2 * BLUR_PIXELS + 1, 2 * BLUR_PIXELS + 1), np.uint8)
    return np.asarray(cv2.dilate(outside[labels].astype(np.uint8), spread) > 0)


def _beyond_bars(ink: NDArray[np.uint8], beside: int) -> NDArray[np.bool_]:
    """The columns of the bars that end a panel, and of all that is outside of them."""
    full = ink.mean(axis=0) >= BAR_FROM_PART_INKED
    width = full.size
    left, right = np.flatnonzero(full[:beside]), np.flatnonzero(full[width - beside :])
    columns = np.arange(width)
    first = left[-1] + BLUR_PIXELS if left.size else -1
    last = width - beside + right[0] - BLUR_PIXELS if right.size else width
    return np.asarray((columns <= first) | (columns >= last))


def _standing_in_ends(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """What touches the middle rows but not the middle: a letter at an end of the line, perhaps."""
    height, width = labels.shape
    above = round(height * MIDDLE_ROWS)
    beside = min(round(height * MIDDLE_ENDS), width // 4)
    rows = labels[above : height - above]
    return np.union1d(rows[:, :beside], rows[:, width - beside :])


def _sharpness(strokes: NDArray[np.float32]) -> float:
    return float(np.square(np.diff(strokes.mean(axis=0))).sum())


def _sheared(
    image: NDArray[np.float32] | Grey, degrees: float, border: int = cv2.BORDER_CONSTANT
) -> NDArray[np.float32]:
    height, width = image.shape
    slope = np.tan(np.radians(degrees))
    shear = np.array([[1, slope, -slope * height / 2], [0, 1, 0]], dtype=np.float32)
    return np.asarray(cv2.warpAffine(image, shear, (width, height), borderMode=border))
