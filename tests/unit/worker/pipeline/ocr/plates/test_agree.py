import pytest

from worker.pipeline.frame import Detection, Reading
from worker.pipeline.ocr.plates.agree import agreed
from worker.pipeline.ocr.regions import number_lines, number_rows

PLATE = Detection(1, "plate", 0.9, (0.0, 0.0, 100.0, 30.0))
NUMBER = Detection(0, "text", 0.9, (5.0, 8.0, 95.0, 27.0))
ISSUER = Detection(0, "text", 0.9, (30.0, 1.0, 70.0, 7.0))
ELSEWHERE = Detection(0, "text", 0.9, (5.0, 60.0, 95.0, 80.0))


def texts(detections, read):
    return [one[0].text for _, one in agreed(detections, read)]


def test_the_number_of_a_plate_is_the_largest_line_in_it():
    detections = [ISSUER, PLATE, ELSEWHERE, NUMBER]

    assert number_lines(detections) == {1: 3}


@pytest.mark.parametrize("sides", [(5.0, 20.0, 95.0, 29.0), (60.0, 8.0, 95.0, 27.0)])
def test_a_line_that_takes_up_little_of_a_plate_is_not_its_number(sides):
    small = Detection(0, "text", 0.9, sides)

    assert number_lines([PLATE, small]) == {}


@pytest.mark.parametrize(("on_plate", "in_line"), [(0.9, 0.0), (0.0, 0.9), (0.5, 0.5)])
def test_a_plate_and_its_number_say_the_same_whichever_was_read_better(on_plate, in_line):
    """The right reading of one box lost to what the other said with confidence 0."""
    better, worse = Reading("6FPT204", 0.9), Reading("fects}", 0.0)
    answers = {0.9: (better,), 0.0: (worse,), 0.5: (worse, better)}

    said = texts([PLATE, NUMBER], [answers[on_plate], answers[in_line]])

    assert said == ["6FPT204", "6FPT204"]


SQUARE = Detection(1, "plate", 0.9, (0.0, 0.0, 60.0, 45.0))
UPPER, LOWER = (Detection(0, "text", 0.9, (8.0, y, 52.0, y + 17.0)) for y in (4.0, 24.0))


def test_two_lines_of_a_plate_may_be_the_rows_of_its_number():
    detections = [LOWER, SQUARE, UPPER]

    assert number_rows(detections) == {1: (2, 0)}
    assert number_lines(detections) == {}


@pytest.mark.parametrize(
    "upper",
    [
        (8.0, 14.0, 52.0, 31.0),
        (8.0, 4.0, 52.0, 13.0),
        (8.0, -20.0, 52.0, -3.0),
        (8.0, 4.0, 18.0, 21.0),
    ],
    ids=["beside the other", "lower", "above the plate", "narrow"],
)
def test_other_lines_in_a_plate_are_no_row(upper):
    assert number_rows([LOWER, SQUARE, Detection(0, "text", 0.9, upper)]) == {}


def test_a_row_near_the_middle_is_not_the_number_either():
    """A strip along the top moves both rows down."""
    rows = [Detection(0, "text", 0.9, (8.0, y, 52.0, y + 16.5)) for y in (9.0, 26.5)]

    assert number_rows([SQUARE, *rows]) == {0: (1, 2)}
    assert number_lines([SQUARE, *rows]) == {}


def test_a_large_number_with_the_issuer_above_it_is_in_one_row():
    issuer = Detection(0, "text", 0.9, (8.0, 2.0, 52.0, 17.0))
    number = Detection(0, "text", 0.9, (4.0, 18.0, 56.0, 40.0))

    assert number_rows([SQUARE, issuer, number]) == {}
    assert number_lines([SQUARE, issuer, number]) == {0: 2}


def test_a_panel_of_three_lines_is_a_sign():
    lines = [Detection(0, "text", 0.9, (8.0, y, 52.0, y + 12.0)) for y in (2.0, 16.0, 30.0)]

    assert number_rows([SQUARE, *lines[:2]]) == {0: (1, 2)}
    assert number_rows([SQUARE, *lines]) == {}


def test_a_wide_plate_has_no_rows():
    wide = Detection(1, "plate", 0.9, (0.0, 0.0, 120.0, 45.0))

    assert number_rows([wide, UPPER, LOWER]) == {}


@pytest.mark.parametrize("line", [UPPER, LOWER])
def test_one_row_of_two_is_not_the_number(line):
    """The other row was not found, and the plate said this one."""
    assert number_lines([SQUARE, line]) == {}


@pytest.mark.parametrize(
    ("on_plate", "rows", "said"),
    [
        (("AB12CDE", 0.8), (("AB12", 0.99), ("CDE", 0.9)), "AB12CDE"),
        (("A812CDE", 0.1), (("AB 12", 0.99), ("-CDE", 0.99)), "AB 12 CDE"),
        (("A", 0.1), (("AB12", 0.99), ("", 0.0)), "A"),
        (("KTMA4227", 0.7), (("KTMA", 0.99), ("4227", 0.9)), "KTMA4227"),
    ],
)
def test_the_rows_of_a_plate_are_another_reading_of_it(on_plate, rows, said):
    read = [(Reading(*one),) for one in (on_plate, *rows)]

    assert texts([SQUARE, UPPER, LOWER], read)[0] == said


@pytest.mark.parametrize(
    ("rows", "is_plate"),
    [
        ((("NO", 0.9), ("PARKING", 0.9)), False),
        ((("NO", 0.9), ("PARKING", 0.5)), True),
        ((("ABC", 0.9), ("DEF", 0.9)), True),
        ((("STOP", 0.9), ("4227", 0.9)), True),
    ],
)
def test_a_plate_whose_rows_are_words_is_a_sign(rows, is_plate):
    read = [(Reading("AB12CDE", 0.8),), *((Reading(*row),) for row in rows)]

    said = [one.class_name for one, _ in agreed([SQUARE, UPPER, LOWER], read)]

    assert ("plate" in said) is is_plate


def test_a_row_that_could_not_be_read_leaves_the_plate_as_it_is():
    read = [(Reading("AB12CDE", 0.8),), None, (Reading("CDE", 0.9),)]

    assert agreed([SQUARE, UPPER, LOWER], read)[0][1] == read[0]


def test_what_else_either_may_say_stays_each_once():
    _, (_, read) = agreed(
        [PLATE, NUMBER],
        [
            (Reading("6FPT204", 0.8), Reading("6FPTZ04", 0.2)),
            (Reading("6FPT 204", 0.7), Reading("GFPT204", 0.1)),
        ],
    )

    assert [one.text for one in read] == ["6FPT204", "6FPTZ04", "GFPT204"]


def test_other_lines_keep_what_they_say():
    read = [(Reading(text, 0.9),) for text in ("6FPT204", "6FPT204", "TEXAS", "BEST CARS")]

    assert texts([PLATE, NUMBER, ISSUER, ELSEWHERE], read)[2:] == ["TEXAS", "BEST CARS"]


def test_a_time_read_on_the_plate_alone_is_its_lines_then():
    sure, junk = (Reading("20:14:07", 0.95),), (Reading("2014O7", 0.3),)

    [(found, read)] = agreed([PLATE, NUMBER], [sure, junk])

    assert (found, read) == (NUMBER, sure)


def test_where_one_could_not_be_read_nothing_is_agreed():
    read = [None, (Reading("6FPT204", 0.9),)]

    assert agreed([PLATE, NUMBER], read) == list(zip([PLATE, NUMBER], read, strict=True))
