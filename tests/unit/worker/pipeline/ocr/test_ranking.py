from dataclasses import replace

import pytest

from worker.pipeline.frame import Reading
from worker.pipeline.ocr.ranking import (
    MOST_ALTERNATIVES,
    PLATE_NETWORK,
    calibrated,
    is_number,
    is_surely_no_number,
    ranked,
    ranked_plate,
    with_number,
    with_opinion,
)


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


def test_screws_and_seals_between_the_groups_are_no_part_of_a_number():
    best, *_ = ranked_plate([Reading("RK550AO", 0.9)], [Reading("(RK*550AO)", 0.8)])

    assert best.text == "RK 550AO"


def test_a_doubtful_network_gives_way_to_a_confident_line():
    best, *_ = ranked_plate([Reading("X", 0.01)], [Reading("KTA 4817", 0.97)])

    assert best.text == "KTA 4817"


@pytest.mark.parametrize("fit", [(0.0, 1.0), (-1.0, 0.5)])
def test_calibration_keeps_the_order_and_stays_between_none_and_certain(fit):
    values = [calibrated(confidence, fit) for confidence in (0.0, 0.2, 0.5, 0.9, 1.0)]

    assert values == sorted(values)
    assert 0 < values[0] < values[-1] < 1


@pytest.mark.parametrize("text", ["6FPT204", "AB-12 CD", "HN 39 LKC"])
def test_a_plates_number_is_known_by_its_make(text):
    assert is_number(text)


@pytest.mark.parametrize("text", ["NORTH", "2026", "20:14:07", "A1", "Chapter 12 of the book"])
def test_words_dates_and_sentences_are_no_numbers(text):
    assert not is_number(text)


def test_a_line_gives_way_to_the_plate_reader_only_where_that_reads_a_number():
    line = Reading("6FPTZ04", 0.7)

    best, *_ = with_number([line], [Reading("6FPT204", 0.9)])
    assert best.text == "6FPT204"
    for other in (Reading("HARBOUR", 0.9), Reading("6FPT204", 0.01)):
        assert with_number([line], [other])[0] == line


def test_a_number_in_no_format_has_to_be_surer_to_replace_a_word():
    line, unissued = Reading("Pizza", 0.7), "PIZZ8"

    assert with_number([line], [Reading(unissued, 0.65)])[0] == line
    assert with_number([line], [Reading(unissued, 0.9)])[0].text == unissued


def test_a_number_is_judged_by_the_formats_of_the_jobs_region():
    line, number = Reading("6FPTZ04", 0.7), Reading("6FPT204", 0.65)

    assert [with_number([line], [number], region)[0] for region in ("auto", "us", "de")] == [
        replace(number, confidence=calibrated(0.65, PLATE_NETWORK)),
        replace(number, confidence=calibrated(0.65, PLATE_NETWORK)),
        line,
    ]


def test_a_number_is_better_than_a_line_that_was_hardly_read():
    for line in ([], [Reading("ceenoy", 0.0)], [Reading("ceenoy", 0.3)]):
        assert with_number(line, [Reading("CG2H2U", 0.4)])[0].text == "CG2H2U"

    assert with_number([Reading("ceenoy", 0.6)], [Reading("CG2H2U", 0.4)])[0].text == "ceenoy"


def test_a_likely_line_is_not_replaced_by_letters_that_look_the_same():
    """A number and its unit came back as a plate's letters and digits."""
    assert with_number([Reading("750ML", 0.7)], [Reading("75OML", 0.9999)])[0].text == "750ML"


@pytest.mark.parametrize("text", ["20:14:07", "6.5 KG", "1,99", "21/11/2026", "500 ml", "Exit"])
def test_what_no_plate_says_is_known_when_it_was_read_surely(text):
    assert is_surely_no_number([Reading(text, 0.8)])
    assert not is_surely_no_number([Reading(text, 0.79)])


@pytest.mark.parametrize("text", ["6FPT204", "B:AB 12", "RK-550-AO", "12/345", "AB.12"])
def test_what_a_plate_may_say_is_not_ruled_out(text):
    assert not is_surely_no_number([Reading(text, 1.0)])


def test_what_the_plate_reader_made_of_a_line_stays_among_its_alternatives():
    line, *others = with_number([Reading("Harbour", 0.7)], [Reading("HARB0UR", 0.01)])

    assert line.text == "Harbour"
    assert [other.text for other in others] == ["HARB0UR"]


def test_a_line_that_nobody_read_keeps_an_empty_text():
    best, *others = with_number([], [Reading("HARBOUR", 0.5)])

    assert best == Reading("", 0.0)
    assert len(others) == 1


def test_another_opinion_stands_among_the_readings_without_the_rules_between_cells():
    readings = [Reading("18,4O", 0.6)]

    assert with_opinion(readings, Reading("9 | 18,40", 0.8)) == [*readings, Reading("9 18,40", 0.8)]


def test_the_same_opinion_makes_a_reading_surer_and_keeps_its_gaps():
    readings = [Reading("Gate 7 | Hall 2", 0.7), Reading("Gate?", 0.4)]

    surer, *others = with_opinion(readings, Reading("Gate7Hall 2", 0.9))

    assert surer == Reading("Gate 7 | Hall 2", 0.9)
    assert others == readings[1:]


@pytest.mark.parametrize(
    ("regular", "misread"), [("island", "1SLand"), ("Box 105", "Box 1O5"), ("SOLO", "SOl0")]
)
def test_of_the_same_shapes_the_more_regular_words_stand(regular, misread):
    surer = [Reading(regular, 0.9)]

    assert with_opinion([Reading(regular, 0.8)], Reading(misread, 0.9)) == surer
    assert with_opinion([Reading(misread, 0.9)], Reading(regular, 0.8)) == surer


def test_of_the_same_shapes_and_as_regular_both_stay():
    readings = [Reading("ISLAND", 0.8)]

    assert with_opinion(readings, Reading("island", 0.9)) == [*readings, Reading("island", 0.9)]


def test_a_doubtful_opinion_takes_nothing_from_a_reading():
    assert with_opinion([Reading("EXIT", 0.9)], Reading("EXIT", 0.2)) == [Reading("EXIT", 0.9)]
