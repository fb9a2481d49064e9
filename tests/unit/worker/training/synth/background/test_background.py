"""Things without text, and surfaces."""

import numpy as np
import pytest

from worker.training.synth.background.negatives import PAINTERS, WEIGHTS, textless
from worker.training.synth.background.textures import SURFACES, surface
from worker.training.synth.rng import Rng


@pytest.mark.parametrize("seed", range(20))
def test_things_without_text_carry_no_box(seed):
    patch = textless(Rng(seed), 40)

    assert patch.boxes == ()
    assert patch.height == 40
    assert patch.cover.shape == patch.pixels.shape[:2]


def test_every_painter_of_negatives_is_drawn_now_and_then():
    assert set(WEIGHTS) == set(PAINTERS)
    assert min(WEIGHTS.values()) > 0


@pytest.mark.parametrize("name", SURFACES)
def test_a_surface_is_the_same_for_the_same_rng(name):
    one, other = (surface(Rng(8), 60, 90, name) for _ in range(2))

    assert one.shape == (60, 90, 3)
    assert np.array_equal(one, other)
