"""What cameras and codecs do to a scene."""

import numpy as np
import pytest

from worker.training.synth.background.textures import surface
from worker.training.synth.degrade import degrade, video_frame
from worker.training.synth.rng import Rng


def test_a_video_frame_is_the_scene_worn_by_the_codec():
    scene = surface(Rng(2), 96, 96, "windows")

    worn, again = (video_frame(scene, quality=32, shift=2) for _ in range(2))

    assert np.array_equal(worn, again)
    assert 0.5 < np.abs(worn.astype(int) - scene).mean() < 30


@pytest.mark.parametrize("seed", range(12))
def test_degrading_keeps_size_and_repeats(seed):
    scene = surface(Rng(2), 96, 96, "tiles")

    one, other = (degrade(Rng(seed), scene.copy()) for _ in range(2))

    assert one.shape == scene.shape
    assert np.array_equal(one, other)
