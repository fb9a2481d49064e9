"""What a whole film had in it: its classes and its texts, and when."""

from dataclasses import dataclass
from typing import Any, TypeVar

Key = TypeVar("Key")


@dataclass(slots=True)
class _Sighting:
    first_ms: int
    last_ms: int
    confidence: float
    detections: int = 0
    frames: int = 0
    last_frame: int = -1

    def add(self, frame_index: int, timestamp_ms: int, confidence: float) -> None:
        self.last_ms = timestamp_ms
        self.confidence = max(self.confidence, confidence)
        self.detections += 1
        self.frames += frame_index != self.last_frame
        self.last_frame = frame_index

    def document(self) -> dict[str, Any]:
        return {
            "first_ms": self.first_ms,
            "last_ms": self.last_ms,
            "confidence": self.confidence,
            "detections": self.detections,
            "frames": self.frames,
        }


class Sightings:
    """Counts what a film's records name; its memory grows with the distinct texts only."""

    def __init__(self) -> None:
        self.frames_analysed = 0
        self.frames_failed = 0
        self._classes: dict[str, _Sighting] = {}
        self._texts: dict[tuple[str, str], _Sighting] = {}

    def add(self, record: dict[str, Any]) -> None:
        """Count one frame's record, in the film's order."""
        index, result = record["frame_index"], record["result"]
        self.frames_analysed += 1
        self.frames_failed += "error" in result
        for found in result["detections"]:
            time_ms, name = result["timestamp_ms"], found["class_name"]
            _count(self._classes, name, index, time_ms, found["confidence"])
            if found.get("text"):
                key = found["text"], name
                _count(self._texts, key, index, time_ms, found["text_confidence"])

    def classes(self) -> dict[str, dict[str, Any]]:
        """Each class seen: first_ms, last_ms, highest confidence, detections, frames."""
        return {name: seen.document() for name, seen in sorted(self._classes.items())}

    def texts(self) -> list[dict[str, Any]]:
        """Each distinct text read, in the order of appearance, with the same fields."""
        return [
            {"text": text, "class_name": name, **seen.document()}
            for (text, name), seen in self._texts.items()
        ]


def _count(
    seen: dict[Key, _Sighting], key: Key, frame_index: int, timestamp_ms: int, confidence: float
) -> None:
    if key not in seen:
        seen[key] = _Sighting(timestamp_ms, timestamp_ms, confidence)
    seen[key].add(frame_index, timestamp_ms, confidence)
