"""When two pictures of something look the same, whatever a compressor made of them.

Both are blurred, so that a compressor's noise and half a pixel's motion do not count, and their
greatest difference decides: in a mean a changed digit hides.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.frame import Grey, Picture

BLUR_PIXELS = 7
# The greatest difference, in shares of the contrast around it, between what looks the same. On made
# lines of 9 to 44 pixels, x264 at CRF 20 to 28, nine tenths of what had not changed differ by less,
# and one changed letter by more from 12 pixels upwards.
SAME = 0.04
# In grey levels: what a key frame changes in a still picture, blurred.
LEAST_DIFFERENCE = 2.5
TOLERATED = np.maximum(LEAST_DIFFERENCE, SAME * np.arange(256)).astype(np.float32)

Blurred = NDArray[np.uint8]
# The greatest difference that does not count, for each pixel.
Tolerance = NDArray[np.float32]
# The difference of each pixel, in shares of that.
Strength = NDArray[np.float32]


@dataclass(frozen=True)
class Scene:
    """A frame as it is compared: grey, and blurred once for all that is looked for in it."""

    grey: Grey

    @classmethod
    def of(cls, picture: Picture) -> "Scene":
        """For a picture (h, w, 3), BGR."""
        return cls(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8))

    @cached_property
    def blurred(self) -> Blurred:
        """All of it, blurred."""
        return blurred(self.grey)

    def blurred_part(self, rows: slice, columns: slice) -> Blurred:
        """The same as these rows and columns of `blurred`, for less than all of it costs."""
        above, before = min(rows.start, BLUR_PIXELS), min(columns.start, BLUR_PIXELS)
        around = self.grey[
            rows.start - above : rows.stop + BLUR_PIXELS,
            columns.start - before : columns.stop + BLUR_PIXELS,
        ]
        inside = slice(above, above + rows.stop - rows.start)
        return blurred(around)[inside, before : before + columns.stop - columns.start]


def blurred(grey: Grey) -> Blurred:
    """The mean of BLUR_PIXELS² around each pixel."""
    return np.asarray(cv2.blur(grey, (BLUR_PIXELS, BLUR_PIXELS)))


def tolerance(grey: Grey, *, around_pixels: int) -> Tolerance:
    """How much each pixel may differ, by the contrast within a square of around_pixels."""
    square = np.ones((max(1, around_pixels), max(1, around_pixels)), np.uint8)
    contrast = cv2.subtract(cv2.dilate(grey, square), cv2.erode(grey, square))
    return np.asarray(cv2.LUT(contrast, TOLERATED))


def strength(now: Blurred, then: Blurred, tolerated: Tolerance) -> Strength:
    """For each pixel, by how many times what is tolerated it has changed."""
    return np.asarray(cv2.absdiff(now, then) / tolerated, np.float32)


def differs(now: Blurred, then: Blurred, tolerated: Tolerance) -> NDArray[np.bool_]:
    """For each pixel, whether it counts as changed."""
    return np.asarray(cv2.absdiff(now, then) > tolerated)


def found_again(
    part: NDArray[Any], image: NDArray[Any], *, near: tuple[int, int], within: tuple[int, int]
) -> tuple[float, float] | None:
    """Where the left top corner of the part is in the image now, in parts of a pixel.

    near, within: the x and y around which it is looked for, and how far from there. None where
    the image ends before.
    """
    left, top = max(0, near[0] - within[0]), max(0, near[1] - within[1])
    right = min(image.shape[1], near[0] + part.shape[1] + within[0])
    bottom = min(image.shape[0], near[1] + part.shape[0] + within[1])
    if right - left < part.shape[1] or bottom - top < part.shape[0]:
        return None
    around = np.asarray(image[top:bottom, left:right], np.float32)
    scores = cv2.matchTemplate(around, np.asarray(part, np.float32), cv2.TM_SQDIFF)
    _, _, (x, y), _ = cv2.minMaxLoc(scores)
    return (
        left + x + _lowest(scores[y, max(0, x - 1) : x + 2]),
        top + y + _lowest(scores[max(0, y - 1) : y + 2, x]),
    )


def taken(
    image: NDArray[Any], at: tuple[float, float], shape: tuple[int, ...], *, step: int = 1
) -> NDArray[Any]:
    """Every step-th of the image's pixels from a left top corner that may lie between pixels."""
    if step == 1 and all(one >= 0 and one.is_integer() for one in at):
        left, top = map(int, at)
        inside = image[top : top + shape[0], left : left + shape[1]]
        if inside.shape == shape:
            return inside
    shift = np.array([[step, 0, at[0]], [0, step, at[1]]], np.float32)
    linear = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, shift, (shape[1], shape[0]), flags=linear))


def _lowest(three: NDArray[Any]) -> float:
    """Where, from the middle one, the parabola through three values is lowest; 0 for fewer."""
    if three.size < 3:
        return 0.0
    before, here, after = three.tolist()
    bend = before - 2 * here + after
    return 0.5 * (before - after) / bend if bend > 0 else 0.0
