"""The nodes that read: the boxes a detector found, or the whole frame."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import cv2
import numpy as np

from worker.pipeline.frame import Box, Detection, Frame, FrameError, Grey, Picture, Provenance
from worker.pipeline.read.crops import line_crop, region_crop
from worker.pipeline.read.engine import ONE_LINE, SCATTERED, Line, Page, Reader

UNREAD = FrameError("read_failed", "Tesseract failed or took too long, also when tried again")
TEXT_CLASS_ID, TEXT_CLASS = 0, "text"


@dataclass(frozen=True, slots=True)
class Manner:
    """How the boxes of a class are cut out, and as what Tesseract is to take them."""

    crop: Callable[[Picture, Box], Grey | None]
    psm: int


LINE = Manner(line_crop, ONE_LINE)
# What an operator's weights know besides, a car or a bottle, may carry text anywhere.
REGION = Manner(region_crop, SCATTERED)
MANNERS: Mapping[str, Manner] = {"text": LINE, "plate": LINE}


class BoxReader:
    """Reads every detection of every frame, each in its own crop."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def run(self, frames: Sequence[Frame]) -> list[Frame]:
        """The frames with a text in each detection; one that could not be read carries UNREAD."""
        crops = [_crop(frame, found) for frame in frames for found in frame.detections]
        pages = iter(self._read(crops))
        return [_with_texts(frame, list(islice(pages, len(frame.detections)))) for frame in frames]

    def provenance(self) -> Provenance:
        """The engine's."""
        return self._reader.provenance()

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
        greys = [
            np.asarray(cv2.cvtColor(frame.picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
            for frame in frames
        ]
        pages = self._reader.read(greys, psm=SCATTERED)
        return [
            replace(
                frame,
                detections=tuple(_as_detection(line) for line in page.lines),
                error=UNREAD if page.failed else frame.error,
            )
            for frame, page in zip(frames, pages, strict=True)
        ]

    def provenance(self) -> Provenance:
        """The engine's."""
        return self._reader.provenance()


def _crop(frame: Frame, found: Detection) -> tuple[Grey | None, int]:
    manner = MANNERS.get(found.class_name, REGION)
    return manner.crop(frame.picture, found.bbox), manner.psm


def _with_texts(frame: Frame, pages: Sequence[Page]) -> Frame:
    detections = tuple(
        replace(found, text=page.text, text_confidence=page.confidence)
        for found, page in zip(frame.detections, pages, strict=True)
    )
    failed = any(page.failed for page in pages)
    return replace(frame, detections=detections, error=UNREAD if failed else frame.error)


def _as_detection(line: Line) -> Detection:
    return Detection(
        class_id=TEXT_CLASS_ID,
        class_name=TEXT_CLASS,
        confidence=line.confidence,
        bbox=line.bbox,
        text=line.text,
        text_confidence=line.confidence,
    )
