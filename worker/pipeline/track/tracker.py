"""Gives every detection of a video its track, and every track with a text what it says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from typing import Any

from worker.pipeline.frame import CONFIDENCE_PLACES
from worker.pipeline.track.join import Sign, pair
from worker.pipeline.track.seen import Seen
from worker.pipeline.track.vote import Ballot

# A thing that is gone is waited for so long: a car may have passed in front of it.
GONE_MS = 2000
GONE_FRAMES = 30
# And so many at a time, or noise would make a video slower the longer it lasts.
GONE_TRACKS = 100
# A text is told by its first characters: a page read as one line would fit in no index.
MAX_TEXT_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class TrackText:
    """What one track says, voted over its frames, and when it was there; confidence 0 to 1."""

    track_id: int
    text: str
    class_name: str
    first_ms: int
    last_ms: int
    confidence: float
    frames: int


class Tracker:
    """Follows the things of one video, frame by frame.

    It looks at nothing but the records it is given, and a record says everything it looks at. So
    one that is shown the records of an interrupted run again goes on exactly where that run was,
    at whatever frame it ended, and there is no boundary at which tracks would have to be stitched.
    Its memory is bounded: of the tracks that ended it knows what the `most_texts` surest said, the
    earlier of two that are equal, which is exact since what has ended changes no more.
    """

    def __init__(self, *, most_texts: int) -> None:
        self._most_texts = most_texts
        self._dropped = False
        self._frame = 0
        self._tracks = 0
        self._open: dict[int, _Track] = {}
        self._ended: list[TrackText] = []

    def follow(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The next frame's record with a `track_id` in each detection, counted from 1."""
        result = record["result"]
        found = result["detections"]
        ids = self._follow(result["timestamp_ms"], [Seen.told_by(detection) for detection in found])
        tracked = [
            {**seen, "track_id": track_id} for seen, track_id in zip(found, ids, strict=True)
        ]
        return {**record, "result": {**result, "detections": tracked}}

    def texts(self) -> list[TrackText]:
        """What each track says that has one text, in the order in which the tracks began.

        At most `most_texts` of them; `dropped_texts` tells whether there were more.
        """
        return sorted(self._surest(self._all_texts()), key=lambda text: text.track_id)

    @property
    def dropped_texts(self) -> bool:
        """Whether tracks said more than `texts` tells."""
        return self._dropped or len(self._all_texts()) > self._most_texts

    def _all_texts(self) -> list[TrackText]:
        return [*self._ended, *_told(self._open.values())]

    def _follow(self, timestamp_ms: int, found: Sequence[Seen]) -> list[int]:
        self._frame += 1
        self._end_what_is_gone(timestamp_ms)
        known = {track_id: track.sign for track_id, track in self._open.items()}
        goes_on = pair(known, [Sign.of(seen) for seen in found])
        ids = []
        for index, seen in enumerate(found):
            track = (
                self._open[goes_on[index]] if index in goes_on else self._begin(timestamp_ms, seen)
            )
            track.add(self._frame, timestamp_ms, seen)
            ids.append(track.track_id)
        return ids

    def _begin(self, timestamp_ms: int, seen: Seen) -> "_Track":
        self._tracks += 1
        track = _Track(self._tracks, Sign.of(seen), timestamp_ms)
        self._open[track.track_id] = track
        return track

    def _end_what_is_gone(self, timestamp_ms: int) -> None:
        gone = [track for track in self._open.values() if track.last_frame < self._frame - 1]
        gone.sort(key=lambda track: (-track.last_frame, track.track_id))
        ended = [
            track
            for rank, track in enumerate(gone)
            if rank >= GONE_TRACKS
            or timestamp_ms - track.last_ms > GONE_MS
            or self._frame - track.last_frame > GONE_FRAMES
        ]
        self._ended += _told(ended)
        for track in ended:
            del self._open[track.track_id]
        if len(self._ended) > 2 * self._most_texts:
            self._dropped = True
            self._ended = self._surest(self._ended)

    def _surest(self, told: Sequence[TrackText]) -> list[TrackText]:
        return nsmallest(
            self._most_texts,
            told,
            key=lambda text: (
                -round(text.confidence, CONFIDENCE_PLACES),
                text.first_ms,
                text.track_id,
            ),
        )


@dataclass(slots=True)
class _Track:
    track_id: int
    sign: Sign
    first_ms: int
    last_ms: int = 0
    last_frame: int = 0
    frames: int = 0
    surest: float = 0.0
    ballot: Ballot = field(default_factory=Ballot)

    def add(self, frame: int, timestamp_ms: int, seen: Seen) -> None:
        self.last_ms, self.last_frame = timestamp_ms, frame
        self.frames += 1
        letters = self.sign.letters
        if seen.text_confidence > self.surest:
            self.surest, letters = seen.text_confidence, seen.letters
        self.sign = replace(self.sign, bbox=seen.bbox, letters=letters)
        if seen.text:
            self.ballot.add(seen.text[:MAX_TEXT_CHARACTERS], seen.text_confidence)


def _told(tracks: Iterable[_Track]) -> Iterator[TrackText]:
    for track in tracks:
        consensus = track.ballot.consensus()
        if consensus is not None:
            yield TrackText(
                track_id=track.track_id,
                text=consensus.text[:MAX_TEXT_CHARACTERS],
                class_name=track.sign.class_name,
                first_ms=track.first_ms,
                last_ms=track.last_ms,
                confidence=consensus.confidence,
                frames=track.frames,
            )
