"""A detection as the results document tells it, which is all that tracks are made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Box = tuple[float, float, float, float]

# Below this confidence a reading says nothing about whether two texts are one.
READABLE = 0.6


@dataclass(frozen=True, slots=True)
class Seen:
    """One detection of one frame, rounded as in the document; `text` is empty when unread."""

    class_name: str
    bbox: Box
    text: str = ""
    text_confidence: float = 0.0

    @classmethod
    def told_by(cls, detection: Mapping[str, Any]) -> "Seen":
        """The detection of a frame's record."""
        left, top, right, bottom = detection["bbox"]
        return cls(
            class_name=detection["class_name"],
            bbox=(left, top, right, bottom),
            text=detection.get("text", ""),
            text_confidence=detection.get("text_confidence", 0.0),
        )

    @property
    def letters(self) -> str:
        """What to know the text by, case and spaces aside; empty when it was not read surely."""
        return "".join(self.text.casefold().split()) if self.text_confidence >= READABLE else ""
