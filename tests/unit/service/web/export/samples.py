"""Documents of many kinds, and what they are asked for as."""

import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from service.jobs.model import Job, Status, utc_now
from service.storage.base import StoredFile
from service.web.export.formats import FORMATS, Results
from service.web.export.frames import Frames, frames_of

JOB_ID = UUID("0b5c3a52-6f2e-4f3f-9a55-6f6f6a1d2c3b")
VIDEO = {"width": 1280, "height": 720}
HOSTILE = (
    "=1+1",
    "-2",
    "+49",
    "@SUM(A1)",
    "a,b;c\td",
    'say "no"',
    "two\nlines",
    "two\r\nlines",
    "\n\n",
    "00:00.000 --> 00:01.000",
    "<b>&amp;</b>",
    "<v Eve>",
    "NOTE",
    "WEBVTT",
    " ",
    "'",
    "\u202egpj",
    "日本語",
    "🚗",
    "\ufeff",
)


def detection(**changes: Any) -> dict[str, Any]:
    found = {
        "bbox": [10.0, 20.5, 110.1, 60.0],
        "class_id": 0,
        "class_name": "text",
        "confidence": 0.9312,
    }
    return found | changes


def frame(index: int, *detections: dict[str, Any], text: str = "", ms: int = 40) -> dict[str, Any]:
    result = {"detections": list(detections), "text": text, "timestamp_ms": index * ms}
    return {"frame_index": index, "result": result}


def document(*frames: dict[str, Any]) -> bytes:
    """As a worker stores it."""
    if not frames:
        return b'{"results": []}'
    lines = (json.dumps(each, sort_keys=True, ensure_ascii=False) for each in frames)
    return b'{"results": [\n' + ",\n".join(lines).encode() + b"\n]}"


def frames_in(content: bytes, first: int | None = None, last: int | None = None) -> Frames:
    return frames_of(io.BytesIO(content), len(content), first=first, last=last)


def written(name: str, *frames: dict[str, Any]) -> bytes:
    """The frames in this format."""
    content = document(*frames)
    stored = StoredFile("video_jobs/results.json", len(content), "b" * 64)
    return b"".join(FORMATS[name].write(Results(a_job(), stored, frames_in(content), VIDEO)))


def texts_as_frames() -> Iterator[dict[str, Any]]:
    """A frame for each hostile text, which stands in its detection as well."""
    for index, text in enumerate(HOSTILE):
        yield frame(index, detection(text=text, text_confidence=0.5, track_id=index), text=text)


def a_job() -> Job:
    now = utc_now()
    return Job(
        job_id=JOB_ID,
        status=Status.COMPLETED,
        pipeline_id="yolo_ocr",
        input_path="k",
        created_at=now,
        updated_at=now,
        input_bytes=1,
        input_sha256="a" * 64,
        output_sha256="b" * 64,
    )
