"""A patch put into a scene lands where its boxes say."""

import numpy as np
import pytest

from worker.training.synth.patch import TEXT, Box, Patch
from worker.training.synth.placement import Pose, place
from worker.training.synth.rng import Rng

SIDE = 200


def scene(level=40):
    return np.full((SIDE, SIDE, 3), level, np.uint8), np.zeros((SIDE, SIDE), np.uint8)


def patch(level=250, *, bare=False):
    pixels = np.full((20, 60, 3), level, np.uint8)
    cover = np.full((20, 60), 255, np.uint8)
    return Patch(pixels, cover, (Box(TEXT, 0, 0, 60, 20),), bare=bare)


def bright_extent(picture):
    rows, columns = np.nonzero(picture[..., 0] > 150)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize(
    "pose",
    [
        Pose((100, 90), 1.0),
        Pose((100, 90), 1.3, angle=12),
        Pose((100, 90), 0.6, angle=-8),
        Pose((100, 90), 1.0, tilt=0.3),
        Pose((100, 90), 1.0, bend=0.3),
        Pose((195, 10), 1.0, angle=10),
    ],
)
def test_the_box_is_round_what_was_drawn(pose):
    picture, taken = scene()

    (box,) = place(Rng(1), picture, taken, patch(), pose)

    edges = (box.left, box.top, box.right, box.bottom)
    assert bright_extent(picture) == pytest.approx(edges, abs=2.5)


def test_nothing_is_drawn_where_something_is():
    picture, taken = scene()
    place(Rng(1), picture, taken, patch(), Pose((100, 90), 1.0))
    before = picture.copy()

    assert place(Rng(1), picture, taken, patch(90), Pose((120, 95), 1.0)) is None
    assert np.array_equal(picture, before)


def test_nothing_is_drawn_outside_the_scene():
    picture, taken = scene()

    assert place(Rng(1), picture, taken, patch(), Pose((400, 90), 1.0)) is None


def test_bare_text_that_would_not_stand_out_is_left_out():
    picture, taken = scene(level=240)

    assert place(Rng(1), picture, taken, patch(250, bare=True), Pose((100, 90), 1.0)) is None
    assert not taken.any()


def test_a_box_half_outside_says_how_much_of_it_is_seen():
    picture, taken = scene()

    (box,) = place(Rng(1), picture, taken, patch(), Pose((0, 90), 1.0))

    assert box.visible == pytest.approx(0.5, abs=0.02)
    assert box.left == 0
