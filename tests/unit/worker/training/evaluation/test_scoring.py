"""The arithmetic behind the table that evaluate prints."""

import math

import pytest

from worker.training.evaluation.scoring import covered, matches, ratio, share, tally

PLATE = (100.0, 100.0, 200.0, 150.0)


def test_a_share_has_wilsons_interval():
    estimate = share(8, 10)

    assert (estimate.low, estimate.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_a_share_of_all_or_none_ends_at_the_bound():
    assert (share(20, 20).value, share(20, 20).high) == (1.0, 1.0)
    assert share(0, 20).low == 0.0
    assert share(20, 20).low == pytest.approx(0.8389, abs=1e-4)


def test_a_ratio_is_of_the_sums_and_lies_in_its_interval():
    estimate = ratio([1, 0, 3, 2], [2, 2, 4, 2])

    assert estimate.value == 0.6
    assert estimate.low < 0.6 < estimate.high
    assert estimate == ratio([1, 0, 3, 2], [2, 2, 4, 2])


def test_a_ratio_without_cases_is_no_number():
    assert math.isnan(ratio([0, 0], [0, 0]).value)


@pytest.mark.parametrize(
    ("box", "is_covered"),
    [
        ((95.0, 95.0, 205.0, 155.0), True),
        ((100.0, 100.0, 185.0, 150.0), True),
        ((100.0, 100.0, 150.0, 150.0), False),
        ((0.0, 0.0, 400.0, 400.0), False),
    ],
)
def test_covering_takes_most_of_the_plate_and_not_the_whole_car(box, is_covered):
    assert covered(PLATE, [box], least=0.8, largest=3.0) is is_covered


def test_each_true_box_is_matched_once_by_the_surest():
    moved = (105.0, 100.0, 205.0, 150.0)

    assert matches([PLATE], [moved, PLATE]) == [(0, 0)]
    assert matches([PLATE], [(300.0, 100.0, 400.0, 150.0)]) == []


def test_small_text_is_neither_asked_for_nor_held_against():
    small = (10.0, 10.0, 60.0, 16.0)
    elsewhere = (10.0, 300.0, 60.0, 306.0)

    assert tally([PLATE, small], [PLATE, small, elsewhere]) == (1, 1, 1)


def test_a_large_false_box_counts_against_precision():
    assert tally([PLATE], [PLATE, (300.0, 100.0, 400.0, 150.0)]) == (1, 1, 2)


def test_small_text_is_tallied_by_itself():
    small, large = (10.0, 10.0, 60.0, 20.0), (10.0, 50.0, 60.0, 80.0)

    assert tally([small, large], [small, large], tallest=12.0) == (1, 1, 1)
    assert tally([small, large], [large], tallest=12.0) == (0, 1, 0)
