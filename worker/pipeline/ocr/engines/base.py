"""What every OCR engine of ours does, and the values it gives back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from worker.pipeline.frame import Box, FrameError, Grey, Provenance

# Tesseract's page segmentation modes.
ONE_LINE = 7
SCATTERED = 11
UNREAD = FrameError("read_failed", "Tesseract failed or took too long, also when tried again")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, the engine's confidence (0 to 1), and where it stands in the image."""

    text: str
    confidence: float
    bbox: Box


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of one image; `failed` when the engine could not even look at it."""

    lines: tuple[Line, ...] = ()
    failed: bool = False

    @property
    def text(self) -> str:
        """The lines joined by spaces."""
        return " ".join(line.text for line in self.lines)

    @property
    def confidence(self) -> float:
        """The lines' confidence, weighted by their length; 0 for no text."""
        letters = sum(len(line.text) for line in self.lines)
        if not letters:
            return 0.0
        return sum(line.confidence * len(line.text) for line in self.lines) / letters


class Reader(Protocol):
    """An OCR engine."""

    def read(self, images: Sequence[Grey], *, psm: int) -> list[Page]:
        """One page for each image, in order; an image never changes another one's page."""
        ...

    def provenance(self) -> Provenance:
        """Engine, version and language data: everything that decides which text comes out."""
        ...
