"""What was found: frame by frame in every format, and in the whole video."""

import json
from typing import Any

from service.web.catalog.query import MAX_NUMBER
from service.web.export.formats import FORMATS
from service.web.openapi.described import coco
from service.web.openapi.described.values import (
    BOX,
    CLASS_ID,
    CLASS_NAME,
    CONFIDENCE,
    CREATED_AT,
    EXAMPLE_ID,
    EXAMPLE_TIME,
    ID,
    LATER_TIME,
    TEXT,
    TEXT_CONFIDENCE,
    TRACK_ID,
    UPDATED_AT,
)
from service.web.openapi.described.videos import TAG
from service.web.openapi.operation import (
    ETAG,
    IF_NONE_MATCH,
    JOB_ID,
    NOT_MODIFIED,
    OF_JOBS,
    Operation,
    Schema,
    count,
    header,
    list_of,
    object_of,
    parameter,
    ref,
    value,
)

_FRAME_NUMBER = {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER}
SCHEMAS: dict[str, Schema] = {
    "Reading": object_of({"text": value("string", "What it may say."), "confidence": CONFIDENCE}),
    "Detection": object_of(
        {
            "class_id": CLASS_ID,
            "class_name": CLASS_NAME,
            "confidence": CONFIDENCE,
            "bbox": list_of(
                {"type": "number"},
                "x1, y1, x2, y2 in pixels of the frame as a viewer sees it.",
                **BOX,
            ),
            "text": TEXT,
            "text_confidence": TEXT_CONFIDENCE,
            "alternatives": list_of(ref("Reading"), "What else it may say.", maxItems=4),
            "track_id": TRACK_ID,
        },
        optional=("text", "text_confidence", "alternatives", "track_id"),
    ),
    "FrameError": object_of(
        {"code": value("string", "For programs."), "message": value("string", "For people.")}
    ),
    "Result": object_of(
        {
            "timestamp_ms": count("When the frame is shown, from its presentation time."),
            "detections": list_of(ref("Detection"), "In reading order."),
            "text": value("string", "What is likely to stand there, each thing once."),
            "corrupt": value("boolean", "There where the frame is damaged.", const=True),
            "error": ref("FrameError"),
        },
        optional=("corrupt", "error"),
    ),
    "Frame": object_of(
        {
            "frame_index": count("Number of the frame in the video, from 0."),
            "result": ref("Result"),
        }
    ),
    "Results": object_of(
        {
            "job_id": ID,
            "created_at": CREATED_AT,
            "updated_at": UPDATED_AT,
            "results": list_of(ref("Frame"), "The analysed frames, in order."),
        }
    ),
}
FRAME_EXAMPLE: dict[str, Any] = {
    "frame_index": 25,
    "result": {
        "detections": [
            {
                "bbox": [140.0, 620.5, 1140.2, 690.0],
                "class_id": 0,
                "class_name": "text",
                "confidence": 0.9312,
                "text": "BREAKING NEWS AT NINE",
                "text_confidence": 0.96,
                "track_id": 1,
            }
        ],
        "text": "BREAKING NEWS AT NINE",
        "timestamp_ms": 1000,
    },
}
_CSV_EXAMPLE = (
    "frame_index,timestamp_ms,class_id,class_name,confidence,x1,y1,x2,y2,text,text_confidence,"
    "track_id\r\n25,1000,0,text,0.9312,140.0,620.5,1140.2,690.0,BREAKING NEWS AT NINE,0.96,1\r\n"
)
_VTT_EXAMPLE = "WEBVTT\n\n00:00:01.000 --> 00:00:01.040\nBREAKING NEWS AT NINE\n"
_STRING: Schema = {"type": "string"}
_SENT = ETAG | {
    "Content-Disposition": {
        "description": "A name to save it under, except for `json`.",
        "schema": {"type": "string"},
    },
    "Vary": header("`Accept-Encoding`: gzip is sent where it is accepted."),
}

SEND = Operation(
    "getResults",
    TAG,
    "Results of a completed job, frame by frame",
    "What was found in each analysed frame, once the job is completed. The same video, pipeline "
    "and options give the same results, byte for byte. `from_frame` and `to_frame` send some of "
    "the frames.",
    {
        200: {
            "description": "The results.",
            "headers": _SENT,
            "content": {
                "application/json": {
                    "schema": {"anyOf": [ref("Results"), ref("Coco")]},
                    "examples": {
                        "json": {
                            "value": {
                                "created_at": EXAMPLE_TIME,
                                "job_id": EXAMPLE_ID,
                                "updated_at": LATER_TIME,
                                "results": [FRAME_EXAMPLE],
                            }
                        },
                        "coco": {"value": coco.EXAMPLE},
                    },
                },
                "application/x-ndjson": {
                    "schema": _STRING,
                    "example": json.dumps(FRAME_EXAMPLE) + "\n",
                },
                "text/csv": {"schema": _STRING, "example": _CSV_EXAMPLE},
                "text/vtt": {"schema": _STRING, "example": _VTT_EXAMPLE},
            },
        },
        **NOT_MODIFIED,
    },
    problems=(
        "bad_option",
        "job_not_found",
        "job_not_completed",
        "results_lost",
        *OF_JOBS,
        "storage_unavailable",
    ),
    parameters=(
        JOB_ID,
        parameter(
            "query",
            "format",
            "json; jsonl: a frame a line; csv: a detection a row; vtt: what can be read, as "
            "subtitles; coco: for tools of training.",
            {"type": "string", "enum": list(FORMATS), "default": "json"},
        ),
        parameter("query", "from_frame", "The first frame_index to be sent.", _FRAME_NUMBER),
        parameter("query", "to_frame", "The last one, not below from_frame.", _FRAME_NUMBER),
        IF_NONE_MATCH,
    ),
)
