"""The nodes that read: the boxes a detector found, or the whole frame."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType
from typing import Protocol

import cv2
import numpy as np

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
from worker.pipeline.ocr.tiles import joined, tiles_of

UNREAD = FrameError("read_failed", "Tesseract failed or took too long, also when tried again")
TEXT_CLASS_ID = 0
PLATE_CLASS = "plate"
Cut = Callable[[Picture, Box], Grey | None]
# A plate's number is a band of capitals among smaller print; a line of text has letters that
# reach above and below such a band. Whatever else an operator's weights know, a car or a
# bottle, may carry text anywhere.
FIRST_CUTS: Mapping[str, tuple[Cut, int]] = MappingProxyType(
    {TEXT_CLASS: (line_crop, ONE_LINE), PLATE_CLASS: (band_crop, ONE_LINE)}
)
# A detector may find a plate's number, and not the plate: such a line has a number's proportions.
NUMBER_ASPECTS = (1.2, 9.0)
INSIDE = 0.6
# How a line is cut out besides when it was read less surely than SURE.
SURE = 0.8
FURTHER_CUTS: Mapping[str, tuple[Cut, ...]] = MappingProxyType(
    {TEXT_CLASS: (plain_crop, upright_crop), PLATE_CLASS: (line_crop,)}
)


class Plates(Protocol):
    """A reader for number plates alone."""

    def read(self, picture: Picture, box: Box) -> tuple[Reading, ...]:
        """What the plate in the box may say, likeliest first."""
        ...

    def provenance(self) -> Provenance:
        """Everything that decides what is read."""
        ...


@dataclass(frozen=True, slots=True)
class _Look:
    """One detection in its picture."""

    picture: Picture
    found: Detection
    in_plate: bool

    def crop(self) -> tuple[Grey | None, int]:
        cut, psm = FIRST_CUTS.get(self.found.class_name, (region_crop, SCATTERED))
        return cut(self.picture, self.found.bbox), psm

    def further_crops(self) -> list[tuple[Grey | None, int]]:
        cuts = FURTHER_CUTS.get(self.found.class_name, ())
        return [(cut(self.picture, self.found.bbox), ONE_LINE) for cut in cuts]


class BoxReader:
    """Reads every detection of every frame, each in crops of its own; plates with `plates` too."""

    def __init__(self, reader: Reader, plates: Plates | None = None) -> None:
        self._reader = reader
        self._plates = plates

    def run(self, frames: Sequence[Frame]) -> list[Frame]:
        """The frames with a text in each detection; one that could not be read carries UNREAD."""
        looks = [look for frame in frames for look in _looks(frame)]
        first = self._read([look.crop() for look in looks])
        pages = [[page] for page in first]
        for number, further in self._read_again(looks, first):
            pages[number].append(further)
        read = iter(self._with_text(look, *group) for look, group in zip(looks, pages, strict=True))
        return [_with_texts(frame, list(islice(read, len(frame.detections)))) for frame in frames]

    def provenance(self) -> Provenance:
        """The engine's and the plate reader's."""
        own = self._plates.provenance() if self._plates else {}
        return {**self._reader.provenance(), **own}

    def _read_again(self, looks: Sequence[_Look], first: Sequence[Page]) -> list[tuple[int, Page]]:
        doubtful = [
            (number, crop)
            for number, (look, page) in enumerate(zip(looks, first, strict=True))
            if page.confidence < SURE
            for crop in look.further_crops()
        ]
        pages = self._read([crop for _, crop in doubtful])
        return [(number, page) for (number, _), page in zip(doubtful, pages, strict=True)]

    def _with_text(self, look: _Look, *pages: Page) -> tuple[Detection, bool]:
        lines = ranked(Reading(page.text, page.confidence) for page in pages)
        if self._plates and _may_be_number(look, lines):
            numbers = self._plates.read(look.picture, look.found.bbox)
            is_plate = look.found.class_name == PLATE_CLASS
            lines = ranked_plate(numbers, lines) if is_plate else with_number(lines, numbers)
        best, *others = lines or (Reading("", 0.0),)
        found = replace(
            look.found,
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
        tiles = [tiles_of(_grey(frame.picture)) for frame in frames]
        images = [tile.grey for group in tiles for tile in group]
        pages = iter(self._reader.read(images, psm=SCATTERED))
        return [
            _with_lines(frame, joined(group, list(islice(pages, len(group))), height=frame.size[1]))
            for frame, group in zip(frames, tiles, strict=True)
        ]

    def provenance(self) -> Provenance:
        """The engine's."""
        return self._reader.provenance()


def _looks(frame: Frame) -> list[_Look]:
    plates = [found.bbox for found in frame.detections if found.class_name == PLATE_CLASS]
    return [
        _Look(frame.picture, found, any(_lies_in(found.bbox, plate) for plate in plates))
        for found in frame.detections
    ]


def _lies_in(box: Box, plate: Box) -> bool:
    width = min(box[2], plate[2]) - max(box[0], plate[0])
    height = min(box[3], plate[3]) - max(box[1], plate[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return max(0.0, width) * max(0.0, height) > INSIDE * area


def _may_be_number(look: _Look, lines: Sequence[Reading]) -> bool:
    """Whether the plate reader is worth asking: a plate, or a line that may be a plate's number."""
    if look.found.class_name != TEXT_CLASS:
        return look.found.class_name == PLATE_CLASS
    left, top, right, bottom = look.found.bbox
    if not NUMBER_ASPECTS[0] * (bottom - top) <= right - left <= NUMBER_ASPECTS[1] * (bottom - top):
        return False
    return look.in_plate or not lines or lines[0].confidence < SURE or is_number(lines[0].text)


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
