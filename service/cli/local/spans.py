"""What was read in a video, as spans of time, and how much of the truth that is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

_EDGES = ".,;:!?'\"()[]|-_ "


@dataclass(frozen=True)
class Span:
    """A text that one detection after the other carried.

    bbox is the first one's, in pixels; text is as in the most confident reading, whose confidence
    (0 to 1) this is.
    """

    first_ms: int
    last_ms: int
    class_name: str
    bbox: tuple[float, float, float, float]
    text: str
    confidence: float


@dataclass(frozen=True)
class Accuracy:
    """How many words could be read in the analysed frames, were read there, and how many rightly.

    said counts all that stands in the frames' texts, a stray sign too; read what of it was shown.
    """

    read: int
    shown: int
    said: int

    @property
    def percent(self) -> float:
        """Of the shown words, from 0 to 100."""
        return 100 * self.read / self.shown if self.shown else 0.0

    @property
    def right_percent(self) -> float:
        """Of what was said, from 0 to 100."""
        return 100 * self.read / self.said if self.said else 0.0


def merge_spans(frames: Iterable[Mapping[str, Any]]) -> list[Span]:
    """Merge equal readings of consecutive analysed frames, in the order in which they begin.

    Readings are equal when their words are, whatever stands around them: a frame beside a text is
    read as a stroke in one picture and not in the next.
    """
    done: list[Span] = []
    open_spans: dict[tuple[str, ...], Span] = {}
    for frame in frames:
        seen = {(span.class_name, *_words(span.text)): span for span in _readings(frame["result"])}
        done += [span for key, span in open_spans.items() if key not in seen]
        open_spans = {key: _joined(open_spans.get(key), span) for key, span in seen.items()}
    return sorted([*done, *open_spans.values()], key=lambda span: (span.first_ms, span.bbox[1]))


def accuracy(frames: Iterable[Mapping[str, Any]], truth: Iterable[Mapping[str, Any]]) -> Accuracy:
    """Compare each frame's words with the truth's at its time, as multisets, case aside."""
    spans = list(truth)
    read = shown = said = 0
    for frame in frames:
        at = frame["result"]["timestamp_ms"]
        visible = [span["text"] for span in spans if span["first_ms"] <= at <= span["last_ms"]]
        expected = Counter(word for text in visible for word in _words(text))
        shown += expected.total()
        read += (expected & Counter(_words(frame["result"]["text"]))).total()
        said += len(frame["result"]["text"].split())
    return Accuracy(read, shown, said)


def _readings(result: Mapping[str, Any]) -> Iterator[Span]:
    at = result["timestamp_ms"]
    for found in result["detections"]:
        if _words(found.get("text", "")):
            yield Span(
                first_ms=at,
                last_ms=at,
                class_name=found["class_name"],
                bbox=tuple(found["bbox"]),
                text=found["text"],
                confidence=found["text_confidence"],
            )


def _joined(before: Span | None, now: Span) -> Span:
    if before is None:
        return now
    best = max(before, now, key=lambda span: span.confidence)
    return replace(before, last_ms=now.last_ms, text=best.text, confidence=best.confidence)


def _words(text: str) -> list[str]:
    words = (word.strip(_EDGES).upper() for word in text.split())
    return [word for word in words if word]
