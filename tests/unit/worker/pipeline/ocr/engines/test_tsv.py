import pytest

from worker.pipeline.ocr.engines.base import Line
from worker.pipeline.ocr.engines.tsv import pages_of

HEADER = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
)


def table(*rows):
    return "\n".join([HEADER, *("\t".join(map(str, row)) for row in rows)]) + "\n"


def page(number):
    return (1, number, 0, 0, 0, 0, 0, 0, 200, 60, -1, "")


def word(page_no, line, number, left, text, confidence=90.0):
    return (5, page_no, 1, 1, line, number, left, 10, 30, 20, confidence, text)


def test_words_of_a_line_are_joined_and_their_boxes_united():
    pages = pages_of(table(page(1), word(1, 1, 1, 10, "PLATFORM"), word(1, 1, 2, 60, "7")))

    assert pages[0].lines == (Line("PLATFORM 7", pytest.approx(0.9), (10.0, 10.0, 90.0, 30.0)),)


def test_a_long_word_weighs_more_in_the_confidence_than_a_short_one():
    pages = pages_of(table(page(1), word(1, 1, 1, 0, "abc", 100.0), word(1, 1, 2, 40, "d", 20.0)))

    assert pages[0].confidence == pytest.approx(0.8)


def test_edges_at_the_ends_of_a_line_are_its_panel_and_no_text():
    bars = [word(1, 1, 1, 0, "§]"), word(1, 1, 2, 10, "EXIT"), word(1, 1, 3, 60, "|")]
    between = [word(2, 1, 1, 0, "HOME"), word(2, 1, 2, 40, "|"), word(2, 1, 3, 50, "HELP")]
    pages = pages_of(table(page(1), *bars, page(2), *between, page(3), word(3, 1, 1, 0, "||")))

    assert [one.text for one in pages] == ["EXIT", "HOME | HELP", ""]
    assert pages[0].lines[0].bbox[:1] == (10.0,)


def test_an_image_without_text_is_a_page_without_lines():
    pages = pages_of(table(page(1), page(2), word(2, 1, 1, 0, "EXIT"), page(3)))

    assert [one.text for one in pages] == ["", "EXIT", ""]


def test_lines_stay_apart():
    pages = pages_of(table(page(1), word(1, 1, 1, 0, "ONE"), word(1, 2, 1, 0, "TWO")))

    assert [line.text for line in pages[0].lines] == ["ONE", "TWO"]


def test_a_quote_or_a_tab_in_a_word_breaks_nothing():
    pages = pages_of(table(page(1), word(1, 1, 1, 0, 'say"'), word(1, 1, 2, 40, "a\tb")))

    assert pages[0].text == 'say" a\tb'


def test_no_table_is_no_page():
    assert pages_of("") == []


@pytest.mark.parametrize(
    ("read", "said"),
    [
        ("@655", "0655"),
        ("12:@4:3@", "12:04:30"),
        ("6@%", "60%"),
        ("@", "@"),
        ("me@1.org", "me@1.org"),
        ("@home", "@home"),
    ],
)
def test_a_zero_with_a_dot_in_it_is_no_at_sign(read, said):
    """Programmers' fonts have such zeros."""
    [found] = pages_of(table(page(1), word(1, 1, 1, 10, read)))

    assert found.text == said
