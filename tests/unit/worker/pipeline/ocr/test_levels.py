import numpy as np
import pytest

from worker.pipeline.ocr.levels import levels


@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
@pytest.mark.parametrize("seed", range(5))
def test_they_are_the_percentiles_of_the_pixels(seed, dtype):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 200, (int(rng.integers(1, 40)), 37)).astype(dtype)

    expected = np.percentile(pixels, (0, 5, 50, 97, 100), method="lower")

    assert levels(pixels, 0, 5, 50, 97, 100) == expected.tolist()
