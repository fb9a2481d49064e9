"""What is read of a frame: its detections, and the crops in which each of them is read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from worker.pipeline.boxes import area, height, middle, part_inside, shared_height, width
from worker.pipeline.frame import (
    PLATE_CLASS,
    TEXT_CLASS,
    Box,
    Detection,
    Frame,
    Grey,
    Picture,
    Reading,
)
from worker.pipeline.ocr.crops import (
    band_crop,
    line_crop,
    region_crop,
    tight_crop,
    upright_crop,
)
from worker.pipeline.ocr.engines.base import ONE_LINE, SCATTERED
from worker.pipeline.ocr.ranking import SURE_CONFIDENCE, is_number, is_surely_no_number

# What a region says, most probable first; None when it could not be read.
Read = tuple[Reading, ...] | None
Crop = Callable[[Picture, Box], Grey | None]
# A plate's number is a band of capitals among smaller print; a line of text has letters that
# reach above and below such a band. Whatever else an operator's weights know, a car or a
# bottle, may carry text anywhere.
FIRST_CROPS: Mapping[str, tuple[Crop, int]] = MappingProxyType(
    {TEXT_CLASS: (tight_crop, ONE_LINE), PLATE_CLASS: (band_crop, ONE_LINE)}
)
# A detector may find a plate's number, and not the plate: such a line has a number's proportions.
NUMBER_ASPECTS = (1.2, 9.0)
# Of the lines in a plate its number is the largest, if it takes up so much of the plate.
NUMBER_PART_INSIDE_PLATE = 0.6
NUMBER_PART_OF_WIDTH, NUMBER_PART_OF_HEIGHT = 0.5, 0.35
# In one row it stands about the middle of the plate, between these parts of its height.
NUMBER_MIDDLE = (0.33, 0.7)
# Two rows of a number are alike high, and parts such as these of their plate's width and height.
ROW_PART_OF_WIDTH, ROW_PARTS_OF_HEIGHT, ROW_LIKENESS = 0.2, (0.2, 0.45), 0.65
ROWS_SHARED_HEIGHT = 0.25
# No plate in two rows looks wider.
STACKED_ASPECT = 2.4
# A line in a plate that is read so surely and is no number is a word, such as the plate's issuer.
WORD_FROM_CONFIDENCE = 0.9
FURTHER_CROPS: Mapping[str, tuple[Crop, ...]] = MappingProxyType(
    {TEXT_CLASS: (line_crop, upright_crop), PLATE_CLASS: (line_crop,)}
)


@dataclass(frozen=True, slots=True)
class Region:
    """One detection in its picture, and whether it is the line that is a plate's number."""

    picture: Picture
    found: Detection
    is_plates_number: bool

    @property
    def is_line(self) -> bool:
        """Whether it is a line of text and not a plate's number, which has a reader of its own."""
        return self.found.class_name == TEXT_CLASS and not self.is_plates_number

    def crop(self) -> tuple[Grey | None, int]:
        """The crop that is read first, None for too small a one, and as what Tesseract sees it."""
        crop, psm = FIRST_CROPS.get(self.found.class_name, (region_crop, SCATTERED))
        return crop(self.picture, self.found.bbox), psm

    def further_crops(self) -> list[tuple[Grey | None, int]]:
        """Other crops of the same, for a line that was read with little confidence."""
        crops = FURTHER_CROPS.get(self.found.class_name, ())
        return [(crop(self.picture, self.found.bbox), ONE_LINE) for crop in crops]


def regions_of(frame: Frame) -> list[Region]:
    """The frame's detections, in their order."""
    numbers = set(number_lines(frame.detections).values())
    return [
        Region(frame.picture, found, index in numbers)
        for index, found in enumerate(frame.detections)
    ]


def places_of(regions: Sequence[Region], numbers: Iterable[int]) -> list[tuple[Picture, Box]]:
    """The picture and the box of some of the regions, as a reader beside the engine takes them."""
    return [(regions[number].picture, regions[number].found.bbox) for number in numbers]


def number_lines(detections: Sequence[Detection]) -> dict[int, int]:
    """Of each plate in which its number was found as one line too the places of both."""
    numbers, in_rows = {}, number_rows(detections)
    for place, plate in enumerate(detections):
        if plate.class_name == PLATE_CLASS and place not in in_rows:
            lines = [n for n, found in enumerate(detections) if _is_number_of(plate, found)]
            if lines:
                numbers[place] = max(lines, key=lambda n: (area(detections[n].bbox), -n))
    return numbers


def number_rows(detections: Sequence[Detection]) -> dict[int, tuple[int, int]]:
    """Of each plate whose number was found as two lines its place and theirs, the upper first.

    A panel with a third line as high is a sign.
    """
    numbers = {}
    for place, plate in enumerate(detections):
        if may_be_stacked(plate):
            lines = [n for n, found in enumerate(detections) if _may_be_row_of(plate, found)]
            if len(lines) == 2 and _are_rows(*(detections[n].bbox for n in lines)):
                upper, lower = sorted(lines, key=lambda n: (detections[n].bbox[1], n))
                numbers[place] = upper, lower
    return numbers


def may_be_number(region: Region, lines: Sequence[Reading]) -> bool:
    """Whether the plate reader is worth asking: of a plate, and of a line that may be its number.

    It knows nothing but numbers: of a time or a quantity that Tesseract is sure of it makes one.
    """
    if is_surely_no_number(lines):
        return False
    if region.found.class_name != TEXT_CLASS:
        return region.found.class_name == PLATE_CLASS
    if region.is_plates_number:
        return not is_surely_a_word(lines)
    unsure = not lines or lines[0].confidence < SURE_CONFIDENCE
    return unsure and _has_numbers_aspect(region.found.bbox)


def may_be_stacked(found: Detection) -> bool:
    """Whether it is a plate that may have its number in two rows, one below the other."""
    narrow = width(found.bbox) < STACKED_ASPECT * height(found.bbox)
    return found.class_name == PLATE_CLASS and narrow


def is_surely_a_word(lines: Sequence[Reading]) -> bool:
    """Whether a line in a plate is read with certainty, and as no number."""
    return any(
        line.confidence >= WORD_FROM_CONFIDENCE and not is_number(line.text) for line in lines[:1]
    )


def _is_number_of(plate: Detection, found: Detection) -> bool:
    return (
        found.class_name == TEXT_CLASS
        and part_inside(found.bbox, plate.bbox) > NUMBER_PART_INSIDE_PLATE
        and width(found.bbox) >= NUMBER_PART_OF_WIDTH * width(plate.bbox)
        and height(found.bbox) >= NUMBER_PART_OF_HEIGHT * height(plate.bbox)
        and _is_about_the_middle(plate.bbox, found.bbox)
        and _has_numbers_aspect(found.bbox)
    )


def _is_about_the_middle(plate: Box, line: Box) -> bool:
    least, most = (plate[1] + part * height(plate) for part in NUMBER_MIDDLE)
    return least <= middle(line)[1] <= most


def _are_rows(one: Box, other: Box) -> bool:
    """Whether two lines in a plate are one below the other, and alike high."""
    low, high = sorted((height(one), height(other)))
    return shared_height(one, other) <= ROWS_SHARED_HEIGHT and low >= ROW_LIKENESS * high


def _may_be_row_of(plate: Detection, found: Detection) -> bool:
    least, most = (part * height(plate.bbox) for part in ROW_PARTS_OF_HEIGHT)
    return (
        found.class_name == TEXT_CLASS
        and part_inside(found.bbox, plate.bbox) > NUMBER_PART_INSIDE_PLATE
        and width(found.bbox) >= ROW_PART_OF_WIDTH * width(plate.bbox)
        and least <= height(found.bbox) <= most
    )


def _has_numbers_aspect(box: Box) -> bool:
    least, most = (aspect * height(box) for aspect in NUMBER_ASPECTS)
    return least <= width(box) <= most
