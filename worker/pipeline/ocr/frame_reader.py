"""The stage that reads whole frames, for pipelines without a detector."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import cv2
import numpy as np

from config.regions import ANYWHERE
from worker.pipeline.frame import TEXT_CLASS, Detection, Frame, Grey, Picture, Provenance
from worker.pipeline.ocr.engines.base import SCATTERED, UNREAD, Line, Page, Reader
from worker.pipeline.ocr.strips import joined, strips_of
from worker.pipeline.stage import Step

TEXT_CLASS_ID = 0


class FrameReader:
    """Reads each frame as one picture with text scattered over it; a detection for each line."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def start(
        self, counts: Counter[str], memory: bytes | None = None, *, region: str = ANYWHERE
    ) -> Step:
        """The reading of one video: its frames with a detection per line.

        A frame that could not be read carries UNREAD.
        """
        return Step(self._run)

    def _run(self, frames: Sequence[Frame]) -> list[Frame]:
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
