"""Detections as a table (RFC 4180), for pandas and its like.

What was read stands as it was read. A cell that begins like a formula is one that was filmed:
whoever opens the table in a spreadsheet imports its text columns as text.
"""

import csv
import io
from collections.abc import Iterator
from typing import Any

from service.web.export.frames import Frames

COLUMNS = (
    "frame_index",
    "timestamp_ms",
    "class_id",
    "class_name",
    "confidence",
    "x1",
    "y1",
    "x2",
    "y2",
    "text",
    "text_confidence",
    "track_id",
)


def table(frames: Frames) -> Iterator[bytes]:
    """A header, then a row for each detection; frames without any have none."""
    yield _rows([COLUMNS])
    for record in frames.records():
        result = record["result"]
        if result["detections"]:
            moment = record["frame_index"], result["timestamp_ms"]
            yield _rows([[*moment, *_cells(found)] for found in result["detections"]])


def _cells(found: dict[str, Any]) -> list[Any]:
    named = (found["class_id"], found["class_name"], found["confidence"])
    read = (found.get(name) for name in ("text", "text_confidence", "track_id"))
    return [*named, *found["bbox"], *read]


def _rows(rows: list[Any]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue().encode()
