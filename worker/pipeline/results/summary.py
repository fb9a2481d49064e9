"""What a whole video had in it: its classes and its texts, and when."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from heapq import nsmallest
from typing import Any, TypeVar

from worker.pipeline.frame import CONFIDENCE_PLACES, FrameResult
from worker.pipeline.track.tracker import MAX_TEXT_CHARACTERS, TrackText
from worker.pipeline.track.vote import FIRM_AGAIN_FROM_CONFIDENCE

# Noise has a new text in every frame, and search is to stand on these.
MAX_TEXTS = 10_000
# A reading below it is listed only as what its track voted for.
LIST_FROM_CONFIDENCE = FIRM_AGAIN_FROM_CONFIDENCE
# While a video runs: of these readings tracks will say at most MAX_TEXTS better.
KEPT_READINGS = 2 * MAX_TEXTS
MOST_READINGS = 3 * MAX_TEXTS

Key = TypeVar("Key")


@dataclass(slots=True)
class _Occurrence:
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
        fields = asdict(self)
        del fields["last_frame"]
        return fields


@dataclass(slots=True)
class Occurrences:
    """Counts what a video's results name, in memory that is bounded however long the video is.

    Only confident readings are counted: the others are misreadings, as many as the video is long,
    and were weighed in their tracks' votes. Of those, whenever there are MOST_READINGS, the
    KEPT_READINGS with the highest confidence stay, the earlier of two that are equal. A confidence
    only rises, so what is dropped had enough better ones beside it for good, or is read with more
    confidence later: then it counts anew from there, its earlier times and counts forgotten.
    """

    frames_analysed: int = 0
    frames_failed: int = 0
    _classes: dict[str, _Occurrence] = field(default_factory=dict)
    _texts: dict[tuple[str, str], _Occurrence] = field(default_factory=dict)
    _dropped_readings: bool = False

    def add(self, result: FrameResult) -> None:
        """Count what is in one frame, in the video's order."""
        self.frames_analysed += 1
        self.frames_failed += result.error is not None
        for found in result.detections:
            _count(self._classes, found.class_name, result, found.confidence)
            confidence = found.text_confidence or 0.0
            if found.text and confidence >= LIST_FROM_CONFIDENCE:
                key = found.text[:MAX_TEXT_CHARACTERS], found.class_name
                _count(self._texts, key, result, confidence)
        if len(self._texts) > MOST_READINGS:
            self._drop_least_confident()

    def classes(self) -> dict[str, dict[str, Any]]:
        """Each class seen: first_ms, last_ms, highest confidence, detections, frames."""
        return {name: seen.document() for name, seen in sorted(self._classes.items())}

    def texts(self, tracks: Sequence[TrackText], *, dropped_tracks: bool) -> dict[str, Any]:
        """`texts`, what the video says and when, and `texts_truncated`, whether it says more.

        What each track says, and what else was read confidently, in the order of appearance, with
        the same fields as a class has; a track's also carry its `track_id` and the voted text.
        What else was read is what a vote overruled, and what a clock shows, which has one track
        and says something else each second. At most MAX_TEXTS are listed, those with the highest
        confidence, the earlier of two that are equal, and of each the first MAX_TEXT_CHARACTERS.
        """
        voted = {(track.text, track.class_name) for track in tracks}
        listed = [_track(track) for track in tracks]
        listed += [
            {"text": text, "class_name": name, **seen.document()}
            for (text, name), seen in self._texts.items()
            if (text, name) not in voted
        ]
        dropped = dropped_tracks or self._dropped_readings or len(listed) > MAX_TEXTS
        texts = sorted(nsmallest(MAX_TEXTS, listed, key=_rank), key=_appearance)
        return {"texts": texts, "texts_truncated": dropped}

    def _drop_least_confident(self) -> None:
        self._dropped_readings = True
        kept = nsmallest(
            KEPT_READINGS,
            self._texts.items(),
            key=lambda item: (-item[1].confidence, item[1].first_ms, item[0]),
        )
        self._texts = dict(kept)


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


def _count(seen: dict[Key, _Occurrence], key: Key, result: FrameResult, confidence: float) -> None:
    if key not in seen:
        seen[key] = _Occurrence(result.timestamp_ms, result.timestamp_ms, confidence)
    seen[key].add(result.frame_index, result.timestamp_ms, confidence)


def _rank(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    return -entry["confidence"], *_appearance(entry)


def _appearance(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """Orders entries by their beginning; of those that begin together tracks come first."""
    track_id = entry.get("track_id", math.inf)
    return entry["first_ms"], track_id, entry["text"], entry["class_name"]
