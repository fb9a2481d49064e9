"""What plates say: their numbers, and the words on what was only taken for a plate."""

from collections.abc import Sequence

from worker.pipeline.frame import PLATE_CLASS, Reading
from worker.pipeline.ocr.engines.base import Page
from worker.pipeline.ocr.lines.rectify import read_rectified
from worker.pipeline.ocr.ranking import (
    SURE_CONFIDENCE,
    as_word,
    is_sure,
    is_word,
    ranked_plate,
    surer,
    with_number,
)
from worker.pipeline.ocr.readers import ASK_BELOW_CONFIDENCE, Lines, Plates
from worker.pipeline.ocr.regions import Region, may_be_number, may_be_stacked, places_of


def with_numbers(
    plates: Plates,
    regions: Sequence[Region],
    lines: Sequence[tuple[Reading, ...]],
    issued_in: str,
) -> list[tuple[Reading, ...]]:
    """The lines, and what the plate reader makes of those that may be a plate's number."""
    found = list(lines)
    asked = [n for n, region in enumerate(regions) if may_be_number(region, lines[n])]
    places = places_of(regions, asked)
    read = dict(zip(asked, plates.read(places, issued_in), strict=True))
    unsure = [n for n in asked if may_be_stacked(regions[n].found) and not is_sure(read[n])]
    rows = plates.read(places_of(regions, unsure), issued_in, in_two_rows=True)
    read |= {n: surer(read[n], row) for n, row in zip(unsure, rows, strict=True)}
    for number, numbers in read.items():
        region = regions[number]
        if region.found.class_name == PLATE_CLASS or region.is_plates_number:
            found[number] = ranked_plate(numbers, lines[number])
        else:
            found[number] = with_number(lines[number], numbers, issued_in)
    return found


def with_words(
    reader: Lines,
    regions: Sequence[Region],
    pages: Sequence[Page],
    lines: Sequence[tuple[Reading, ...]],
) -> list[tuple[Reading, ...]]:
    """The lines; where one of a plate is a word after all, as on a sign, that stands first."""
    found = list(lines)
    asked = [
        number
        for number, region in enumerate(regions)
        if region.is_plates_number and pages[number].confidence < ASK_BELOW_CONFIDENCE
    ]
    level = dict(zip(asked, reader.read(places_of(regions, asked)), strict=True))
    unsure = [
        number
        for number, reading in level.items()
        if is_word(reading.text) and reading.confidence < SURE_CONFIDENCE
    ]
    rectified = read_rectified(places_of(regions, unsure), reader.read)
    level |= dict(zip(unsure, rectified, strict=True))
    for number, reading in level.items():
        if is_word(reading.text) and reading.confidence >= SURE_CONFIDENCE:
            found[number] = as_word(found[number], reading)
    return found
