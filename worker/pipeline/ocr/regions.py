"""What is read of a frame: its detections, and the crops in which each of them is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from worker.pipeline.boxes import height, part_inside, width
from worker.pipeline.frame import TEXT_CLASS, Box, Detection, Frame, Grey, Picture, Reading
from worker.pipeline.ocr.crops import (
    band_crop,
    line_crop,
    region_crop,
    tight_crop,
    upright_crop,
)
from worker.pipeline.ocr.engines.base import ONE_LINE, SCATTERED
from worker.pipeline.ocr.ranking import is_number

PLATE_CLASS = "plate"
Crop = Callable[[Picture, Box], Grey | None]
# A plate's number is a band of capitals among smaller print; a line of text has letters that
# reach above and below such a band. Whatever else an operator's weights know, a car or a
# bottle, may carry text anywhere.
FIRST_CROPS: Mapping[str, tuple[Crop, int]] = MappingProxyType(
    {TEXT_CLASS: (tight_crop, ONE_LINE), PLATE_CLASS: (band_crop, ONE_LINE)}
)
# A detector may find a plate's number, and not the plate: such a line has a number's proportions.
NUMBER_ASPECTS = (1.2, 9.0)
NUMBER_PART_INSIDE_PLATE = 0.6
ASK_PLATE_READER_BELOW_CONFIDENCE = 0.8
FURTHER_CROPS: Mapping[str, tuple[Crop, ...]] = MappingProxyType(
    {TEXT_CLASS: (line_crop, upright_crop), PLATE_CLASS: (line_crop,)}
)


@dataclass(frozen=True, slots=True)
class Region:
    """One detection in its picture."""

    picture: Picture
    found: Detection
    in_plate: bool

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
    plates = [found.bbox for found in frame.detections if found.class_name == PLATE_CLASS]
    return [
        Region(
            frame.picture,
            found,
            any(part_inside(found.bbox, plate) > NUMBER_PART_INSIDE_PLATE for plate in plates),
        )
        for found in frame.detections
    ]


def may_be_number(region: Region, lines: Sequence[Reading]) -> bool:
    """Whether the plate reader is worth asking: of a plate, and of a line that may be its number.

    It knows nothing but numbers: of a time or a quantity that Tesseract is sure of it makes one.
    """
    if region.found.class_name != TEXT_CLASS:
        return region.found.class_name == PLATE_CLASS
    least, most = (aspect * height(region.found.bbox) for aspect in NUMBER_ASPECTS)
    if not least <= width(region.found.bbox) <= most:
        return False
    unsure = not lines or lines[0].confidence < ASK_PLATE_READER_BELOW_CONFIDENCE
    return unsure or (region.in_plate and is_number(lines[0].text))
