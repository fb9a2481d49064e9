"""The results document: one frame a line, so that it is written and read without being held."""

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from worker.pipeline.frame import (
    CONFIDENCE_PLACES,
    NOT_NUMBERS,
    Detection,
    Frame,
    FrameResult,
    Reading,
)
from worker.pipeline.results.reading_order import in_lines, joined_text

BOX_PLACES = 1

# What no text may hold: control characters, which PostgreSQL's jsonb or a reader refuses, and
# halves of surrogate pairs, which are no UTF-8.
UNPRINTABLE = [*range(9), 11, 12, *range(14, 32), *range(127, 160), *range(0xD800, 0xE000)]
PRINTABLE = dict.fromkeys(UNPRINTABLE, "\N{REPLACEMENT CHARACTER}")

OPENING, SEPARATOR, CLOSING = b'{"results": [\n', b",\n", b"\n]}"
EMPTY = b'{"results": []}'


def result_of(frame: Frame) -> FrameResult:
    """What the document has of a frame: numbers rounded, texts and names printable.

    A detection with a number that is none is left out and becomes the frame's error; a doubtful one
    that nobody could read is left out too.
    """
    numbered = [found for found in frame.detections if _has_numbers(found)]
    error = frame.error or (NOT_NUMBERS if len(numbered) < len(frame.detections) else None)
    lines = in_lines([found for found in numbered if found.is_confirmed])
    return FrameResult(
        frame_index=frame.index,
        timestamp_ms=frame.timestamp_ms,
        detections=tuple(_presented(found) for line in lines for found in line),
        text=joined_text(lines).translate(PRINTABLE),
        corrupt=frame.corrupt,
        error=error,
    )


def record_of(result: FrameResult) -> dict[str, Any]:
    """`{"frame_index", "result"}` of plain JSON values."""
    record: dict[str, Any] = {
        "timestamp_ms": result.timestamp_ms,
        "detections": [_detection(found) for found in result.detections],
        "text": result.text,
    }
    if result.corrupt:
        record["corrupt"] = True
    if result.error is not None:
        record["error"] = asdict(result.error)
    return {"frame_index": result.frame_index, "result": record}


def encode_frame(result: FrameResult) -> bytes:
    """A frame's line of the document, keys sorted, UTF-8, without a line break."""
    record = record_of(result)
    return json.dumps(record, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()


def join_lines(lines: Iterable[bytes]) -> bytes:
    """Frames' lines as they follow one another in the document."""
    return SEPARATOR.join(lines)


def count_lines(joined: bytes) -> int:
    """How many frames' lines were joined, of at least one."""
    return joined.count(b"\n") + 1


def line_at(number: int, line: bytes) -> bytes:
    """A line, or joined ones, with what stands before it in the document; number is from 0."""
    return (SEPARATOR if number else OPENING) + line


def closing(lines: int, **more: Any) -> bytes:
    """What follows the last of so many lines, and makes further members of the document."""
    end = CLOSING if lines else EMPTY
    members = "".join(f",\n{json.dumps(name)}: {json.dumps(value)}" for name, value in more.items())
    return end.removesuffix(b"}") + members.encode() + b"}"


def _has_numbers(found: Detection) -> bool:
    others = (other.confidence for other in found.alternatives)
    numbers = (found.confidence, found.text_confidence or 0.0, *found.bbox, *others)
    return all(map(math.isfinite, numbers))


def _presented(found: Detection) -> Detection:
    x1, y1, x2, y2 = (round(side, BOX_PLACES) for side in found.bbox)
    return replace(
        found,
        class_name=found.class_name.translate(PRINTABLE),
        confidence=round(found.confidence, CONFIDENCE_PLACES),
        bbox=(x1, y1, x2, y2),
        text=None if found.text is None else found.text.translate(PRINTABLE),
        text_confidence=(
            None if found.text is None else round(found.text_confidence or 0.0, CONFIDENCE_PLACES)
        ),
        alternatives=tuple(
            Reading(other.text.translate(PRINTABLE), round(other.confidence, CONFIDENCE_PLACES))
            for other in found.alternatives
        ),
    )


def _detection(found: Detection) -> dict[str, Any]:
    document: dict[str, Any] = {
        "class_id": found.class_id,
        "class_name": found.class_name,
        "confidence": found.confidence,
        "bbox": list(found.bbox),
    }
    if found.text is not None:
        document |= {"text": found.text, "text_confidence": found.text_confidence}
    if found.alternatives:
        document["alternatives"] = [asdict(other) for other in found.alternatives]
    if found.track_id is not None:
        document["track_id"] = found.track_id
    return document
