"""The results document: one frame a line, so that it is written and read without being held."""

import json
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from typing import Any

from worker.pipeline.frame import Detection, Frame, Reading
from worker.pipeline.order import in_lines, joined_text

CONFIDENCE_PLACES = 4
BOX_PLACES = 1

OPENING, SEPARATOR, CLOSING = b'{"results": [\n', b",\n", b"\n]}"
EMPTY = b'{"results": []}'


def record_of(frame: Frame) -> dict[str, Any]:
    """`{"frame_index", "result"}` of plain JSON values, rounded as the contract says."""
    lines = in_lines(frame.detections)
    result: dict[str, Any] = {
        "timestamp_ms": frame.timestamp_ms,
        "detections": [_detection(found) for line in lines for found in line],
        "text": joined_text(lines),
    }
    if frame.corrupt:
        result["corrupt"] = True
    if frame.error is not None:
        result["error"] = {"code": frame.error.code, "message": frame.error.message}
    return {"frame_index": frame.index, "result": result}


def encode_frame(record: Mapping[str, Any]) -> bytes:
    """One line of the document, keys sorted, UTF-8, without a line break."""
    return json.dumps(record, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()


async def results_document(lines: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """The document in pieces, one for each line given and one that closes it."""
    before = OPENING
    async for line in lines:
        yield before + line
        before = SEPARATOR
    yield EMPTY if before is OPENING else CLOSING


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
