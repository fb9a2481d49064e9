"""Reads Tesseract's table of words (TSV), which its program and its library give alike."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from worker.pipeline.boxes import enclosing
from worker.pipeline.frame import Box
from worker.pipeline.ocr.engines.base import Line, Page

COLUMNS = 12
PAGE_LEVEL, WORD_LEVEL = 1, 5
EDGES = "|¦[]{}§_"
# A number, but for zeros that have a dot or a stroke in them.
WITH_ZEROS_AS_AT = re.compile(r"(?=.*\d)[\d@.,:/%+-]*@[\d@.,:/%+-]*")


class _Row(NamedTuple):
    level: int
    page: int
    block: int
    paragraph: int
    line: int
    word: int
    left: int
    top: int
    width: int
    height: int
    confidence: float
    text: str

    @property
    def bbox(self) -> Box:
        x, y = float(self.left), float(self.top)
        return x, y, x + self.width, y + self.height


def pages_of(table: str) -> list[Page]:
    """The pages of a table, in order; an image that Tesseract could not open has none.

    Columns: https://tesseract-ocr.github.io/tessdoc/Command-Line-Usage.html#tsv-output
    """
    rows = [row for row in map(_row, table.split("\n")) if row]
    words = [row for row in rows if row.level == WORD_LEVEL and row.text.strip()]
    lines: dict[int, list[Line]] = {row.page: [] for row in rows if row.level == PAGE_LEVEL}
    for place, members in groupby(words, key=lambda word: word[1:5]):
        if within := _without_edges(list(members)):
            lines[place[0]].append(_line(within))
    return [Page(tuple(found)) for _, found in sorted(lines.items())]


def _without_edges(words: list[_Row]) -> list[_Row]:
    """The words of a line without the edges of its panel, which Tesseract reads as such."""
    letters = [at for at, word in enumerate(words) if word.text.strip(EDGES)]
    return words[letters[0] : letters[-1] + 1] if letters else []


def _row(line: str) -> _Row | None:
    cells = line.split("\t", COLUMNS - 1)
    if len(cells) < COLUMNS or not cells[0].isdigit():
        return None
    return _Row._make([*map(int, cells[:10]), float(cells[10]), cells[11]])


def _line(words: Sequence[_Row]) -> Line:
    letters = sum(len(word.text) for word in words)
    return Line(
        text=" ".join(_with_zeros(word.text) for word in words),
        confidence=sum(word.confidence * len(word.text) for word in words) / letters / 100,
        bbox=enclosing(word.bbox for word in words),
    )


def _with_zeros(word: str) -> str:
    return word.replace("@", "0") if WITH_ZEROS_AS_AT.fullmatch(word) else word
