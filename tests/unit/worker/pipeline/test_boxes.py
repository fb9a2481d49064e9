import numpy as np
import pytest

from worker.pipeline import boxes
from worker.pipeline.frame import Box

BOX: Box = (10.0, 20.0, 50.0, 40.0)
APART: Box = (50.0, 20.0, 60.0, 40.0)
POINT: Box = (5.0, 5.0, 5.0, 5.0)


def test_a_box_has_a_size_and_a_middle() -> None:
    assert (boxes.width(BOX), boxes.height(BOX), boxes.area(BOX)) == (40, 20, 800)
    assert boxes.middle(BOX) == (30, 30)


@pytest.mark.parametrize(
    ("one", "other", "shared", "over_union", "inside"),
    [
        (BOX, BOX, 800, 1, 1),
        ((0, 0, 10, 10), (5, 0, 15, 10), 50, 1 / 3, 0.5),
        ((2, 2, 4, 4), (0, 0, 10, 10), 4, 0.04, 1),
        (BOX, APART, 0, 0, 0),
        (POINT, POINT, 0, 0, 0),
    ],
    ids=["itself", "half", "within", "side by side", "nothing"],
)
def test_boxes_share_what_lies_in_both(
    one: Box, other: Box, shared: float, over_union: float, inside: float
) -> None:
    assert boxes.intersection(one, other) == shared
    assert boxes.intersection_over_union(one, other) == pytest.approx(over_union)
    assert boxes.part_inside(one, other) == inside


def test_the_lower_of_two_boxes_says_how_much_of_their_height_is_shared() -> None:
    assert boxes.shared_height((0, 0, 9, 60), (20, 50, 29, 70)) == 0.5
    assert boxes.shared_height((0, 0, 9, 10), (0, 20, 9, 30)) == -1
    assert boxes.shared_height(POINT, POINT) == 0


def test_a_box_lies_around_all_that_it_encloses() -> None:
    assert boxes.enclosing([BOX, APART, POINT]) == (5, 5, 60, 40)


def test_a_box_is_moved_let_out_scaled_and_clamped() -> None:
    assert boxes.moved(BOX, (1, 2, 3, 4)) == (11, 22, 53, 44)
    assert boxes.grown(BOX, across=2, down=5) == (8, 15, 52, 45)
    assert boxes.scaled(BOX, 2, 0.5) == (20, 10, 100, 20)
    assert boxes.clamped((-3, 20, 50, 99), (40, 30)) == (0, 20, 40, 30)


def test_a_crop_holds_every_pixel_that_its_box_touches() -> None:
    picture = np.arange(10 * 8 * 3, dtype=np.uint8).reshape(10, 8, 3)

    assert np.array_equal(boxes.cropped(picture, (1.9, 2.1, 3.1, 4.0)), picture[2:4, 1:4])
    assert np.array_equal(boxes.cropped(picture, (-5, -5, 99, 99)), picture)
    assert boxes.cropped(picture, (-9, -9, -5, -5)).size == 0


def test_rows_share_what_the_boxes_share() -> None:
    extents = boxes.shared_extents(np.array([BOX, APART, (20, 30, 90, 90)], np.float32))

    assert extents[0, 0].tolist() == [40, 20]
    assert extents[0, 1].tolist() == [0, 20]
    assert extents[0, 2].tolist() == extents[2, 0].tolist() == [30, 10]
