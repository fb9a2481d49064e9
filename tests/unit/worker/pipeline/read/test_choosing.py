import pytest

from worker.pipeline.frame import Reading
from worker.pipeline.read.choosing import MOST_ALTERNATIVES, calibrated, ranked, ranked_plate


def test_the_surer_reading_of_two_as_long_stands_first():
    best, other = ranked([Reading("GATE 7", 0.6), Reading("GATE 1", 0.9)])

    assert (best.text, other.text) == ("GATE 1", "GATE 7")


def test_a_piece_of_the_line_does_not_win_by_being_a_little_surer():
    best, *_ = ranked([Reading("ALE", 0.9), Reading("WHOLESALE", 0.8)])

    assert best.text == "WHOLESALE"


def test_each_text_stands_once_and_nothing_unread():
    readings = [Reading("A1", 0.5), Reading("", 0.9), Reading("A1", 0.7)]

    assert ranked(readings) == (Reading("A1", 0.7),)


def test_at_most_one_reading_and_four_others_are_kept():
    readings = [Reading(f"LINE {number}", number / 10) for number in range(1, 9)]

    assert len(ranked(readings)) == 1 + MOST_ALTERNATIVES == 5


def test_the_order_does_not_depend_on_who_read_first():
    readings = [Reading("AA", 0.5), Reading("BB", 0.5), Reading("CCC", 0.4)]

    assert ranked(readings) == ranked(readings[::-1])


def test_where_both_readers_agree_the_plates_gap_is_kept():
    best, *others = ranked_plate([Reading("KTA4817", 0.9)], [Reading("KTA 4817", 0.8)])

    assert best.text == "KTA 4817"
    assert others == []


def test_an_unsure_network_gives_way_to_a_sure_line():
    best, *_ = ranked_plate([Reading("X", 0.01)], [Reading("KTA 4817", 0.97)])

    assert best.text == "KTA 4817"


@pytest.mark.parametrize("fit", [(0.0, 1.0), (-1.0, 0.5)])
def test_calibration_keeps_the_order_and_stays_between_none_and_certain(fit):
    values = [calibrated(confidence, fit) for confidence in (0.0, 0.2, 0.5, 0.9, 1.0)]

    assert values == sorted(values)
    assert 0 < values[0] < values[-1] < 1
