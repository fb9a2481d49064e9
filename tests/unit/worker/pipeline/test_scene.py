"""What is compared of a frame is the same however much of it is asked for."""

import numpy as np
import pytest

from worker.pipeline.scene import Scene


@pytest.mark.parametrize("rows", [slice(0, 5), slice(20, 30), slice(25, 40), slice(2, 38)])
@pytest.mark.parametrize("columns", [slice(0, 60), slice(3, 9), slice(50, 60)])
def test_a_part_is_blurred_as_it_is_in_the_whole(rows, columns):
    rng = np.random.default_rng(3)
    scene = Scene(rng.integers(0, 256, (40, 60)).astype(np.uint8))

    assert np.array_equal(scene.blurred_part(rows, columns), scene.blurred[rows, columns])
