"""Gives every detection of a video its track, and every track with a text what it says."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import nsmallest

from worker.pipeline.frame import CONFIDENCE_PLACES, Detection, FrameResult
from worker.pipeline.track.join import Sign, pair
from worker.pipeline.track.vote import Ballot

# A thing that is gone is waited for so long: a car may have passed in front of it.
GONE_MS = 2000
GONE_FRAMES = 30
# And so many at a time, or noise would make a video slower the longer it lasts.
GONE_TRACKS = 100
# A text is known by its first characters: a page read as one line would fit in no index.
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


@dataclass(slots=True)
class Tracker:
    """Follows the things of one video, frame by frame.

    All of it can be packed, so an interrupted run goes on with the tracks that it had, and there is
    no boundary at which they would have to be stitched. Its memory is bounded: of the tracks that
    ended it knows what the `most_texts` most confident said, the earlier of two that are equal,
    which is exact since what has ended changes no more.
    """

    most_texts: int
    _dropped: bool = False
    _frame: int = 0
    _tracks: int = 0
    _open: "dict[int, _Track]" = field(default_factory=dict)
    _ended: list[TrackText] = field(default_factory=list)

    def follow(self, result: FrameResult) -> FrameResult:
        """The next frame's result with a track_id in each detection."""
        self._frame += 1
        self._end_what_is_gone(result.timestamp_ms)
        signs = [Sign.of(found) for found in result.detections]
        goes_on = pair({track_id: track.sign for track_id, track in self._open.items()}, signs)
        tracked = []
        for index, (found, sign) in enumerate(zip(result.detections, signs, strict=True)):
            track = self._open.get(goes_on.get(index, 0)) or self._begin(result.timestamp_ms, sign)
            track.add(self._frame, result.timestamp_ms, found, sign)
            tracked.append(replace(found, track_id=track.track_id))
        return replace(result, detections=tuple(tracked))

    def texts(self) -> tuple[list[TrackText], bool]:
        """What each track says that has one text, in the order in which the tracks began.

        At most `most_texts` of them, and whether there were more.
        """
        texts = [*self._ended, *_texts_of(self._open.values())]
        kept = sorted(self._most_confident(texts), key=lambda text: text.track_id)
        return kept, self._dropped or len(texts) > len(kept)

    def _begin(self, timestamp_ms: int, sign: Sign) -> "_Track":
        self._tracks += 1
        track = _Track(self._tracks, sign, timestamp_ms)
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
        self._ended += _texts_of(ended)
        for track in ended:
            del self._open[track.track_id]
        if len(self._ended) > 2 * self.most_texts:
            self._dropped = True
            self._ended = self._most_confident(self._ended)

    def _most_confident(self, texts: Sequence[TrackText]) -> list[TrackText]:
        return nsmallest(
            self.most_texts,
            texts,
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
    confidence: float = 0.0
    ballot: Ballot = field(default_factory=Ballot)

    def add(self, frame: int, timestamp_ms: int, found: Detection, sign: Sign) -> None:
        self.last_ms, self.last_frame = timestamp_ms, frame
        self.frames += 1
        confidence = found.text_confidence or 0.0
        if confidence > self.confidence:
            self.confidence, self.sign = confidence, sign
        else:
            self.sign = replace(sign, letters=self.sign.letters)
        if found.text:
            self.ballot.add(found.text[:MAX_TEXT_CHARACTERS], confidence)


def _texts_of(tracks: Iterable[_Track]) -> Iterator[TrackText]:
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
