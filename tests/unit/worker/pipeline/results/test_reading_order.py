from dataclasses import replace
from pathlib import Path

import pytest

from worker.pipeline.frame import (
    LIKELY_FROM_CONFIDENCE,
    PLATE_CLASS,
    SHORT_LETTERS,
    Detection,
)
from worker.pipeline.results.reading_order import (
    SAID_FROM_CONFIDENCE,
    SHORT_SAID_FROM_CONFIDENCE,
    in_lines,
    joined_text,
)

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

    said = (
        f"lines from a confidence of {LIKELY_FROM_CONFIDENCE}, plates from {plates}, three letters"
    )
    assert f"{said} or fewer from {SHORT_SAID_FROM_CONFIDENCE}." in document
    assert SHORT_LETTERS == 3


def test_lines_one_below_the_other_beside_something_high_stay_lines():
    high = found("9", 0, 0, height=60, width=30)
    upper, lower = found("euro", 40, 22, height=18), found("cent", 44, 42, height=18)

    assert read(high, upper, lower) == "9 euro\ncent"


def test_a_sign_taken_for_a_plate_that_reaches_over_the_line_above_comes_in_its_place():
    """PROHIBITED was said before the PARKING above it, which its plate's box began beside."""
    above = found("PARKING", 10, 3, height=38, width=150)
    line = found("PROHIBITED", 10, 46, height=37, width=150)
    plate = Detection(1, "plate", 0.3, (0.0, 0.0, 165.0, 98.0), "PROHIBITED", 0.9)

    assert read(plate, above, line) == "PARKING\nPROHIBITED"


@pytest.mark.parametrize(
    ("text", "confidence", "said"),
    [("Te", 0.89, ""), ("Te", 0.9, "Te"), ("9!", 0.89, ""), ("GATE", 0.6, "GATE")],
)
def test_a_letter_or_two_are_said_only_when_read_with_much_confidence(text, confidence, said):
    """Of icons and leaves that were read as no more than three letters most were none."""
    assert read(sure(found(text, 0, 0), confidence)) == said


@pytest.mark.parametrize(
    ("text", "confidence", "counts"),
    [
        ("GATE", 0.86, True),
        ("GATE", 0.84, False),
        ("F5", 0.94, False),
        ("F5", 0.96, True),
        ("=", 0.99, False),
        ("", 0.99, False),
    ],
)
def test_a_doubtful_box_counts_when_it_is_read_with_confidence_for_its_length(
    text, confidence, counts
):
    doubtful = replace(sure(found(text, 0, 0), confidence), is_doubtful=True)

    assert doubtful.is_confirmed is counts


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
