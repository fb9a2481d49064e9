from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks.truth import (
    Found,
    Line,
    Score,
    Stale,
    Truth,
    dump_truth,
    load_truth,
    lost_lines,
    score,
    stale_readings,
)

BOX = (100.0, 100.0, 300.0, 130.0)
BELOW = (100.0, 200.0, 300.0, 230.0)
PRICE = Line(0, BOX, "Price 1483", "DejaVuSans")
SIGN = Line(1, BELOW, "North Gate", "DejaVuSans-Bold")
WIDER = (90.0, 95.0, 310.0, 135.0)
FADING = replace(PRICE, text="Price 1489", sure=False)


def found(text: str, box: tuple[float, float, float, float] = WIDER) -> Found:
    return Found(box, text)


def test_what_is_read_at_its_place_counts() -> None:
    result = score(((PRICE, SIGN),), {0: [found("Price 1488"), found("North Gate", BELOW)]})

    assert result == Score(words=4, words_read=3, lines=2, lines_exact=1, words_elsewhere=0)
    assert result.recall == 0.75
    assert result.exact == 0.5


def test_a_word_read_elsewhere_is_not_read() -> None:
    away = found("Price 1483", (600.0, 100.0, 800.0, 130.0))

    assert score(((PRICE,),), {0: [away]}) == Score(2, 0, 1, 0, words_elsewhere=2)


def test_a_line_in_two_boxes_is_a_line() -> None:
    parts = [found("1483", (210, 98, 300, 131)), found("Price", (98, 98, 200, 131))]

    assert score(((PRICE,),), {0: parts}) == Score(2, 2, 1, 1, words_elsewhere=0)


def test_spaces_do_not_make_a_line_wrong() -> None:
    assert score(((PRICE,),), {0: [found("Price 14 83")]}).lines_exact == 1


def test_frames_that_were_not_read_are_not_asked_for() -> None:
    assert score(((PRICE,), (PRICE, SIGN)), {0: [found("Price 1483")]}).lines == 1


def test_nobody_is_asked_for_what_fades() -> None:
    assert score(((FADING,),), {0: [found("Price 148?")]}) == Score(0, 0, 0, 0, 0)


def test_a_lost_word_is_told_with_what_was_read_there() -> None:
    frames = {0: [found("North Gale", BELOW), found("Price 1483")]}

    [lost] = lost_lines(((PRICE, SIGN),), frames)

    assert (lost.frame, lost.line, lost.words) == (0, SIGN, ("Gate",))
    assert [one.text for one in lost.found] == ["North Gale"]


def test_a_line_with_something_added_lost_no_word_and_is_told_too() -> None:
    [lost] = lost_lines(((PRICE,),), {0: [found("| Price 1483")]})

    assert lost.words == ()


CHANGED: Truth = ((PRICE,), (replace(PRICE, text="Price 1489"),), (FADING,), ())


@pytest.mark.parametrize(
    ("frame", "read", "stale"),
    [
        (0, "Price 1483", []),
        (1, "Price 1489", []),
        (1, "Price 1483", [Stale(1, 0, "Price 1489", "Price 1483")]),
        (1, "Price 1433", [Stale(1, 0, "Price 1489", "Price 1433")]),
        (1, "Price I489", []),
        (2, "Price 1483", []),
        (3, "Price 1489", [Stale(3, 0, "", "Price 1489")]),
        (3, "oo ree ee", []),
        (3, "", []),
    ],
)
def test_stale_is_what_is_nearer_to_what_was_there_before(
    frame: int, read: str, stale: list[Stale]
) -> None:
    assert list(stale_readings(CHANGED, {frame: [found(read)]})) == stale


def test_a_text_that_came_back_is_not_stale() -> None:
    there_and_back: Truth = ((PRICE,), (replace(PRICE, text="Price 1489"),), (PRICE,))

    assert list(stale_readings(there_and_back, {2: [found("Price 1483")]})) == []
    assert len(list(stale_readings(there_and_back, {2: [found("Price 1489")]}))) == 1


def test_a_truth_is_read_as_it_was_written(tmp_path: Path) -> None:
    dump_truth(tmp_path / "truth.json", CHANGED)

    assert load_truth(tmp_path / "truth.json") == CHANGED
