"""Fits a picture into the detector's input, and the detector's boxes back into the picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.boxes import clamped, moved, scaled
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

    def place(self, box: Box) -> Box:
        """Where a box of the picture lies in the input."""
        left, top = self._margins()
        x, y = self.scaled[0] / self.picture[0], self.scaled[1] / self.picture[1]
        return moved(scaled(box, x, y), (left, top, left, top))

    def restore(self, box: NDArray[np.float32]) -> Box:
        """A box (4,) of the input, in pixels of the picture and clamped to it."""
        left, top = self._margins()
        x1, y1, x2, y2 = box.tolist()
        x, y = self.picture[0] / self.scaled[0], self.picture[1] / self.scaled[1]
        unpadded = moved((x1, y1, x2, y2), (-left, -top, -left, -top))
        return clamped(scaled(unpadded, x, y), self.picture)

    def _margins(self) -> tuple[int, int]:
        return (self.padded[0] - self.scaled[0]) // 2, (self.padded[1] - self.scaled[1]) // 2


def _up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
