"""Values that several groups of routes show."""

from typing import Any

from config.failures import FailureCode
from config.regions import ANYWHERE, REGIONS
from service.jobs.model import Status
from service.web.openapi.operation import Schema, count, object_of, value

EXAMPLE_ID = "0b5c3a52-6f2e-4f3f-9a55-6f6f6a1d2c3b"
EXAMPLE_TIME = "2026-01-31T09:15:00.250000Z"
LATER_TIME = "2026-01-31T09:15:42.000125Z"
EXAMPLE_SHA256 = "5dde0a5b5ae9d0d9d1bd4ae4b0d1bb4f8a3c0b0e1f9b6a6f1a7e5f2c3d4b5a69"

ID: Schema = value("string", "The job's id.", format="uuid")
CREATED_AT: Schema = value(
    "string", "When the video was accepted, ISO 8601 in UTC.", format="date-time"
)
UPDATED_AT: Schema = value("string", "When the status last changed.", format="date-time")
CONFIDENCE: Schema = value("number", "From 0 to 1.", minimum=0, maximum=1)
CLASS_NAME: Schema = value("string", "What kind of thing it is, such as text or plate.")

STATUS_FIELDS: dict[str, Schema] = {
    "job_id": ID,
    "status": value(
        "string",
        "pending: waits for a worker; running: a worker has it; completed: its results are "
        "stored; failed: see error_code. A running job is pending again when its worker is lost.",
        enum=list(Status),
    ),
    "progress": value(
        "number", "0 while pending, 0.5 while running, 1 at the end.", enum=[0.0, 0.5, 1.0]
    ),
    "created_at": CREATED_AT,
    "updated_at": UPDATED_AT,
    "error_code": value("string", "Why a failed job failed, for programs.", enum=[*FailureCode]),
    "error_message": value("string", "Why a failed job failed, for people."),
}
ONLY_FAILED = ("error_code", "error_message")
STATUS_EXAMPLE: dict[str, Any] = {
    "job_id": EXAMPLE_ID,
    "status": "running",
    "progress": 0.5,
    "created_at": EXAMPLE_TIME,
    "updated_at": LATER_TIME,
}
OPTIONS: Schema = object_of(
    {
        "frame_stride": value("integer", "Every Nth frame is analysed.", minimum=1),
        "max_frames": value(
            ["integer", "null"], "At most so many are; null: all of them.", minimum=1
        ),
        "region": value(
            "string", "Whose plates' formats count; auto: all.", enum=[ANYWHERE, *REGIONS]
        ),
    },
    description="What the submission asked for.",
)
OCCURRENCE: dict[str, Schema] = {
    "first_ms": count("When it is first seen, in milliseconds from the video's beginning."),
    "last_ms": count("When it is last seen."),
    "confidence": CONFIDENCE,
}
CLASS_ID: Schema = count("The class, by number; those of added weights begin at 1000.")
TEXT: Schema = value("string", "What was read in it; empty where nothing could be.")
TEXT_CONFIDENCE: Schema = {**CONFIDENCE, "description": "Of what was read, from 0 to 1."}
TRACK_ID: Schema = count(
    "The same for one thing in all frames, as long as it stays in the picture."
)
BOX: dict[str, Any] = {"minItems": 4, "maxItems": 4}
SCHEMAS: dict[str, Schema] = {"Options": OPTIONS}
