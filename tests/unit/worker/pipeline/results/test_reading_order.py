from dataclasses import replace
from pathlib import Path

import pytest

from worker.pipeline.frame import LIKELY_FROM_CONFIDENCE, PLATE_CLASS, Detection
from worker.pipeline.results.reading_order import SAID_FROM_CONFIDENCE, in_lines, joined_text

NOTES = Path(__file__).parents[5] / ".ampcode/04_PHASE_NOTES/Phase_16"


def found(text, x, y, *, height=20.0, width=50.0):
    return Detection(0, "text", 0.9, (x, y, x + width, y + height), text, 0.9)


def read(*detections):
    return joined_text(in_lines(detections))


def test_text_is_joined_from_top_to_bottom_and_left_to_right():
    """API-4"""
    detections = [found("seven", 200, 100), found("exit", 10, 10), found("platform", 10, 104)]

    assert read(*detections) == "exit\nplatform seven"


def test_a_small_text_beside_a_large_one_stands_on_its_line():
    assert read(found("km/h", 80, 30, height=16), found("90", 10, 0, height=60)) == "90 km/h"


def test_a_line_that_runs_up_beside_others_joins_none_and_parts_none():
    """The spine of a book, and the lines on the page beside it."""
    spine = found("HARBOUR", 0, 0, height=100, width=20)
    lines = [found("gate", 30, 39), found("seven", 90, 41), found("ferry", 30, 80)]

    assert read(spine, *lines).splitlines() == ["gate seven", "HARBOUR", "ferry"]
    assert read(found("I", 0, 30, height=40, width=12), *lines) == "I gate seven\nferry"


def test_what_was_not_or_nothing_read_leaves_no_gap():
    unread = Detection(0, "text", 0.9, (0.0, 50.0, 9.0, 60.0))

    assert read(found("a", 0, 0), found("", 60, 0), unread, found("b", 0, 100)) == "a\nb"


def test_the_order_does_not_depend_on_the_detectors():
    detections = [found("a", 0, 0), found("b", 60, 3), found("c", 0, 40), found("d", 60, 38)]

    assert in_lines(detections) == in_lines(reversed(detections))


def test_the_letters_on_a_plate_are_said_once():
    plate = Detection(1, "plate", 0.9, (0.0, 0.0, 100.0, 30.0), "CAL 6ABC123", 0.9)
    letters = Detection(0, "text", 0.9, (20.0, 8.0, 98.0, 26.0), "6ABC123", 0.9)
    dealer = Detection(0, "text", 0.9, (20.0, 25.0, 98.0, 40.0), "BEST CARS", 0.9)

    assert read(plate, letters, dealer) == "CAL 6ABC123\nBEST CARS"


def test_two_boxes_with_the_same_words_side_by_side_are_both_said():
    assert read(found("EXIT", 0, 0), found("EXIT", 60, 0)) == "EXIT EXIT"


@pytest.mark.parametrize("part", ["23:53:50 DEBUG", "23:53:5O DEBUC"])
def test_a_part_of_a_line_found_beside_the_whole_is_said_once(part):
    """Pages of small print had a tenth of their words twice."""
    line = found("23:53:50 DEBUG cancel", 20, 100, height=14, width=240)
    half = found(part, 20, 105, height=13, width=150)

    assert read(half, line) == read(line, half) == "23:53:50 DEBUG cancel"


def test_lines_close_to_each_other_that_say_the_same_are_both_said():
    line = found("23:53:50 DEBUG cancel", 20, 100, height=14, width=240)
    below = found("23:53:50 DEBUG", 20, 111, height=14, width=150)

    assert read(line, below) == "23:53:50 DEBUG cancel\n23:53:50 DEBUG"


def test_what_stands_in_a_line_and_says_something_else_is_said_too():
    line = found("23:53:50 DEBUG cancel", 20, 100, height=14, width=240)
    other = found("warning", 40, 105, height=13, width=100)

    assert sorted(read(line, other).split()) == ["23:53:50", "DEBUG", "cancel", "warning"]


@pytest.mark.parametrize("in_line", ["KTR 4827", "KTR4827"])
def test_what_a_plate_and_a_line_in_the_same_place_both_say_is_said_once(in_line):
    """Each was taken for a repetition of the other, and neither was said."""
    plate = Detection(1, "plate", 0.9, (0.0, 0.0, 100.0, 30.0), "KTR 4827", 0.9)
    line = Detection(0, "text", 0.9, (2.0, 1.0, 99.0, 29.0), in_line, 0.9)

    assert read(plate, line) == read(line, plate) == "KTR 4827"


def test_a_plate_that_says_less_than_the_line_in_it_is_not_said_beside_it():
    plate = Detection(1, "plate", 0.9, (0.0, 0.0, 100.0, 30.0), "4827", 0.9)
    line = Detection(0, "text", 0.9, (2.0, 1.0, 99.0, 29.0), "KTR 4827", 0.9)

    assert read(plate, line) == "KTR 4827"


def test_the_document_of_the_endpoints_names_from_which_confidence_a_reading_is_said():
    document = " ".join((NOTES / "PHASE_16_ENDPOINTS.md").read_text(encoding="utf-8").split())
    plates = SAID_FROM_CONFIDENCE[PLATE_CLASS]

    assert f"lines from a confidence of {LIKELY_FROM_CONFIDENCE}, plates from {plates}." in document


def sure(detection, confidence):
    return replace(detection, text_confidence=confidence)


def test_a_doubtful_reading_is_left_out():
    assert read(sure(found("i] lj", 0, 0), 0.49), sure(found("exit", 0, 100), 0.5)) == "exit"


def test_a_plates_number_is_likelier_than_a_line_of_the_same_confidence():
    """Its confidence is that of all its characters at once, a line's that of one."""
    plate = Detection(1, "plate", 0.9, (0.0, 0.0, 100.0, 30.0), "6ABC123", 0.2)

    assert read(plate) == "6ABC123"
    assert read(sure(plate, 0.19)) == ""


def test_a_doubtful_reading_does_not_take_the_place_of_a_sure_one():
    plate = Detection(1, "plate", 0.9, (0.0, 0.0, 100.0, 30.0), "CAL 6ABC123", 0.1)

    assert read(plate, found("6ABC123", 20, 8, height=18, width=78)) == "6ABC123"
