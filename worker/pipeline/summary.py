"""What a whole film had in it: its classes and its texts, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from worker.pipeline.report import CONFIDENCE_PLACES
from worker.pipeline.track.tracker import TrackText
from worker.pipeline.track.vote import SURE

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
    """Counts what a film's records name.

    Its memory grows with the surely read texts only: the others are misreadings, as many as the
    film is long, and were weighed in their tracks' votes.
    """

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
            if found.get("text") and found["text_confidence"] >= SURE:
                key = found["text"], name
                _count(self._texts, key, index, time_ms, found["text_confidence"])

    def classes(self) -> dict[str, dict[str, Any]]:
        """Each class seen: first_ms, last_ms, highest confidence, detections, frames."""
        return {name: seen.document() for name, seen in sorted(self._classes.items())}

    def texts(self, tracks: Sequence[TrackText]) -> list[dict[str, Any]]:
        """What each track says, and what else was surely read, in the order of appearance.

        The same fields as a class has; a track's also carry its `track_id` and the voted text.
        What else was read is what a vote overruled, and what a clock shows, which has one track
        and says something else each second.
        """
        voted = {(track.text, track.class_name) for track in tracks}
        listed = [_track(track) for track in tracks]
        listed += [
            {"text": text, "class_name": name, **seen.document()}
            for (text, name), seen in self._texts.items()
            if (text, name) not in voted
        ]
        return sorted(listed, key=lambda entry: entry["first_ms"])


def _track(track: TrackText) -> dict[str, Any]:
    return {
        "track_id": track.track_id,
        "text": track.text,
        "class_name": track.class_name,
        "first_ms": track.first_ms,
        "last_ms": track.last_ms,
        "confidence": round(track.confidence, CONFIDENCE_PLACES),
        "detections": track.frames,
        "frames": track.frames,
    }


def _count(
    seen: dict[Key, _Sighting], key: Key, frame_index: int, timestamp_ms: int, confidence: float
) -> None:
    if key not in seen:
        seen[key] = _Sighting(timestamp_ms, timestamp_ms, confidence)
    seen[key].add(frame_index, timestamp_ms, confidence)
