"""The nodes that read: the boxes a detector found, or the whole frame."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType
from typing import Protocol

import cv2
import numpy as np

from worker.pipeline.boxes import height, part_inside, width
from worker.pipeline.frame import (
    TEXT_CLASS,
    Box,
    Detection,
    Frame,
    FrameError,
    Grey,
    Picture,
    Provenance,
    Reading,
)
from worker.pipeline.ocr.crops import (
    band_crop,
    line_crop,
    plain_crop,
    region_crop,
    upright_crop,
)
from worker.pipeline.ocr.engines.base import ONE_LINE, SCATTERED, Line, Page, Reader
from worker.pipeline.ocr.ranking import is_number, ranked, ranked_plate, with_number
from worker.pipeline.ocr.strips import joined, strips_of

UNREAD = FrameError("read_failed", "Tesseract failed or took too long, also when tried again")
TEXT_CLASS_ID = 0
PLATE_CLASS = "plate"
Crop = Callable[[Picture, Box], Grey | None]
# A plate's number is a band of capitals among smaller print; a line of text has letters that
# reach above and below such a band. Whatever else an operator's weights know, a car or a
# bottle, may carry text anywhere.
FIRST_CROPS: Mapping[str, tuple[Crop, int]] = MappingProxyType(
    {TEXT_CLASS: (line_crop, ONE_LINE), PLATE_CLASS: (band_crop, ONE_LINE)}
)
# A detector may find a plate's number, and not the plate: such a line has a number's proportions.
NUMBER_ASPECTS = (1.2, 9.0)
NUMBER_PART_INSIDE_PLATE = 0.6
ASK_PLATE_READER_BELOW_CONFIDENCE = 0.8
READ_AGAIN_BELOW_CONFIDENCE = 0.8
FURTHER_CROPS: Mapping[str, tuple[Crop, ...]] = MappingProxyType(
    {TEXT_CLASS: (plain_crop, upright_crop), PLATE_CLASS: (line_crop,)}
)


class Plates(Protocol):
    """A reader for number plates alone."""

    def read(self, picture: Picture, box: Box) -> tuple[Reading, ...]:
        """What the plate in the box may say, most probable first."""
        ...

    def provenance(self) -> Provenance:
        """Everything that decides what is read."""
        ...


@dataclass(frozen=True, slots=True)
class _Region:
    """One detection in its picture."""

    picture: Picture
    found: Detection
    in_plate: bool

    def crop(self) -> tuple[Grey | None, int]:
        crop, psm = FIRST_CROPS.get(self.found.class_name, (region_crop, SCATTERED))
        return crop(self.picture, self.found.bbox), psm

    def further_crops(self) -> list[tuple[Grey | None, int]]:
        crops = FURTHER_CROPS.get(self.found.class_name, ())
        return [(crop(self.picture, self.found.bbox), ONE_LINE) for crop in crops]


class BoxReader:
    """Reads every detection of every frame, each in crops of its own; plates with `plates` too."""

    def __init__(self, reader: Reader, plates: Plates | None = None) -> None:
        self._reader = reader
        self._plates = plates

    def run(self, frames: Sequence[Frame]) -> list[Frame]:
        """The frames with a text in each detection; one that could not be read carries UNREAD."""
        regions = [region for frame in frames for region in _regions(frame)]
        pages = [[page] for page in self._read([region.crop() for region in regions])]
        again = [
            (number, crop)
            for number, region in enumerate(regions)
            if pages[number][0].confidence < READ_AGAIN_BELOW_CONFIDENCE
            for crop in region.further_crops()
        ]
        for (number, _), page in zip(again, self._read([crop for _, crop in again]), strict=True):
            pages[number].append(page)
        read = map(self._with_text, regions, pages)
        return [_with_texts(frame, list(islice(read, len(frame.detections)))) for frame in frames]

    def provenance(self) -> Provenance:
        """The engine's and the plate reader's."""
        own = self._plates.provenance() if self._plates else {}
        return {**self._reader.provenance(), **own}

    def _with_text(self, region: _Region, pages: Sequence[Page]) -> tuple[Detection, bool]:
        lines = ranked(Reading(page.text, page.confidence) for page in pages)
        if self._plates and _may_be_number(region, lines):
            numbers = self._plates.read(region.picture, region.found.bbox)
            is_plate = region.found.class_name == PLATE_CLASS
            lines = ranked_plate(numbers, lines) if is_plate else with_number(lines, numbers)
        best, *others = lines or (Reading("", 0.0),)
        found = replace(
            region.found,
            text=best.text,
            text_confidence=best.confidence,
            alternatives=tuple(others),
        )
        return found, any(page.failed for page in pages)

    def _read(self, crops: Sequence[tuple[Grey | None, int]]) -> list[Page]:
        pages = [Page()] * len(crops)
        for psm in (ONE_LINE, SCATTERED):
            images = {
                number: image
                for number, (image, wanted) in enumerate(crops)
                if wanted == psm and image is not None
            }
            read = self._reader.read(list(images.values()), psm=psm) if images else []
            for number, page in zip(images, read, strict=True):
                pages[number] = page
        return pages


class FrameReader:
    """Reads each frame as one picture with text scattered over it; a detection for each line."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def run(self, frames: Sequence[Frame]) -> list[Frame]:
        """The frames with a detection per line; one that could not be read carries UNREAD."""
        strips = [strips_of(_grey(frame.picture)) for frame in frames]
        images = [strip.grey for group in strips for strip in group]
        pages = iter(self._reader.read(images, psm=SCATTERED))
        return [
            _with_lines(frame, joined(group, list(islice(pages, len(group))), height=frame.size[1]))
            for frame, group in zip(frames, strips, strict=True)
        ]

    def provenance(self) -> Provenance:
        """The engine's."""
        return self._reader.provenance()


def _regions(frame: Frame) -> list[_Region]:
    plates = [found.bbox for found in frame.detections if found.class_name == PLATE_CLASS]
    return [
        _Region(
            frame.picture,
            found,
            any(part_inside(found.bbox, plate) > NUMBER_PART_INSIDE_PLATE for plate in plates),
        )
        for found in frame.detections
    ]


def _may_be_number(region: _Region, lines: Sequence[Reading]) -> bool:
    """Whether the plate reader is worth asking: a plate, or a line that may be a plate's number."""
    if region.found.class_name != TEXT_CLASS:
        return region.found.class_name == PLATE_CLASS
    least, most = (aspect * height(region.found.bbox) for aspect in NUMBER_ASPECTS)
    if not least <= width(region.found.bbox) <= most:
        return False
    return (
        region.in_plate
        or not lines
        or lines[0].confidence < ASK_PLATE_READER_BELOW_CONFIDENCE
        or is_number(lines[0].text)
    )


def _with_texts(frame: Frame, read: Iterable[tuple[Detection, bool]]) -> Frame:
    detections, failures = zip(*read, strict=True) if frame.detections else ((), ())
    return replace(frame, detections=detections, error=UNREAD if any(failures) else frame.error)


def _grey(picture: Picture) -> Grey:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def _with_lines(frame: Frame, page: Page) -> Frame:
    detections = tuple(_as_detection(line) for line in page.lines)
    return replace(frame, detections=detections, error=UNREAD if page.failed else frame.error)


def _as_detection(line: Line) -> Detection:
    return Detection(
        class_id=TEXT_CLASS_ID,
        class_name=TEXT_CLASS,
        confidence=line.confidence,
        bbox=line.bbox,
        text=line.text,
        text_confidence=line.confidence,
    )
