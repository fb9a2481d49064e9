"""The results document: one frame a line, so that it is written and read without being held."""

import json
import math
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from dataclasses import replace
from typing import Any

from worker.pipeline.frame import CONFIDENCE_PLACES, NOT_NUMBERS, Detection, Frame, Reading
from worker.pipeline.results.reading_order import in_lines, joined_text

BOX_PLACES = 1

# What no text may hold: control characters, which PostgreSQL's jsonb or a reader refuses, and
# halves of surrogate pairs, which are no UTF-8.
UNPRINTABLE = [*range(9), 11, 12, *range(14, 32), *range(127, 160), *range(0xD800, 0xE000)]
PRINTABLE = dict.fromkeys(UNPRINTABLE, "\N{REPLACEMENT CHARACTER}")

OPENING, SEPARATOR, CLOSING = b'{"results": [\n', b",\n", b"\n]}"
EMPTY = b'{"results": []}'


def record_of(frame: Frame) -> dict[str, Any]:
    """`{"frame_index", "result"}` of plain JSON values, rounded as the contract says.

    What has a number that is none is left out and becomes the frame's error; of texts and names
    only what can be printed is told.
    """
    numbered = [found for found in frame.detections if _has_numbers(found)]
    error = frame.error or (NOT_NUMBERS if len(numbered) < len(frame.detections) else None)
    lines = in_lines(map(_printable, numbered))
    result: dict[str, Any] = {
        "timestamp_ms": frame.timestamp_ms,
        "detections": [_detection(found) for line in lines for found in line],
        "text": joined_text(lines),
    }
    if frame.corrupt:
        result["corrupt"] = True
    if error is not None:
        result["error"] = {"code": error.code, "message": error.message}
    return {"frame_index": frame.index, "result": result}


def encode_frame(record: Mapping[str, Any]) -> bytes:
    """One line of the document, keys sorted, UTF-8, without a line break."""
    return json.dumps(record, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()


async def results_document(lines: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """The document in chunks, one for each line given and one that closes it."""
    before = OPENING
    async for line in lines:
        yield before + line
        before = SEPARATOR
    yield EMPTY if before is OPENING else CLOSING


def _has_numbers(found: Detection) -> bool:
    others = (other.confidence for other in found.alternatives)
    numbers = (found.confidence, found.text_confidence or 0.0, *found.bbox, *others)
    return all(map(math.isfinite, numbers))


def _printable(found: Detection) -> Detection:
    return replace(
        found,
        class_name=found.class_name.translate(PRINTABLE),
        text=found.text.translate(PRINTABLE) if found.text else found.text,
        alternatives=tuple(
            replace(other, text=other.text.translate(PRINTABLE)) for other in found.alternatives
        ),
    )


def _detection(found: Detection) -> dict[str, Any]:
    document: dict[str, Any] = {
        "class_id": found.class_id,
        "class_name": found.class_name,
        "confidence": round(found.confidence, CONFIDENCE_PLACES),
        "bbox": [round(side, BOX_PLACES) for side in found.bbox],
    }
    if found.text is not None:
        document["text"] = found.text
        document["text_confidence"] = round(found.text_confidence or 0.0, CONFIDENCE_PLACES)
    if found.alternatives:
        document["alternatives"] = [_reading(other) for other in found.alternatives]
    return document


def _reading(reading: Reading) -> dict[str, Any]:
    return {"text": reading.text, "confidence": round(reading.confidence, CONFIDENCE_PLACES)}
