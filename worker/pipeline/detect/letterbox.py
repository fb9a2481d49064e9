"""Fits a picture into the detector's input, and the detector's boxes back into the picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.frame import Box, Picture

PADDING_GREY = 114


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How pictures of one size lie in the input: scaled, then centred on grey."""

    picture: tuple[int, int]
    scaled: tuple[int, int]
    padded: tuple[int, int]

    @classmethod
    def of(cls, size: tuple[int, int], *, longest: int, multiple: int) -> "Letterbox":
        """The letterbox for pictures of (width, height): the longest side becomes `longest`.

        Both sides are padded up to the next multiple, so wide videos do not pay for a square.
        """
        scale = longest / max(size)
        scaled = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
        padded = _up(scaled[0], multiple), _up(scaled[1], multiple)
        return cls(size, scaled, padded)

    def fit(self, picture: Picture) -> Picture:
        """The picture (h, w, 3) as input (padded height, padded width, 3)."""
        left, top = self._margins()
        right = self.padded[0] - self.scaled[0] - left
        bottom = self.padded[1] - self.scaled[1] - top
        small = cv2.resize(picture, self.scaled, interpolation=cv2.INTER_LINEAR)
        border = cv2.copyMakeBorder(
            small,
            top,
            bottom,
            left,
            right,
            cv2.BORDER_CONSTANT,
            value=(PADDING_GREY, PADDING_GREY, PADDING_GREY),
        )
        return np.asarray(border, dtype=np.uint8)

    def restore(self, box: NDArray[np.float32]) -> Box:
        """A box of the input, in pixels of the picture and cut at its edges."""
        left, top = self._margins()
        width, height = self.picture
        x_scale, y_scale = width / self.scaled[0], height / self.scaled[1]
        x1, y1, x2, y2 = (float(side) for side in box)
        return (
            _within((x1 - left) * x_scale, width),
            _within((y1 - top) * y_scale, height),
            _within((x2 - left) * x_scale, width),
            _within((y2 - top) * y_scale, height),
        )

    def _margins(self) -> tuple[int, int]:
        return (self.padded[0] - self.scaled[0]) // 2, (self.padded[1] - self.scaled[1]) // 2


def _up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def _within(value: float, limit: int) -> float:
    return min(max(value, 0.0), float(limit))
