"""Percentiles of pixels, from a count of each value: sorting them takes ten times as long."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def levels(pixels: NDArray[Any], *percents: float) -> list[int]:
    """The values below which so many percent of the pixels lie; whole numbers from 0 on."""
    counted = np.cumsum(np.bincount(pixels.ravel()))
    ranks = [percent / 100 * (pixels.size - 1) for percent in percents]
    return [int(value) for value in np.searchsorted(counted, ranks, side="right")]
