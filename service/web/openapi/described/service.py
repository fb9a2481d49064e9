"""The service itself: whether it runs, what it can do, and this document."""

from service.web.openapi.described.values import EXAMPLE_TIME
from service.web.openapi.operation import (
    ETAG,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    OF_DATABASE,
    Operation,
    Schema,
    answer,
    list_of,
    object_of,
    ref,
    value,
)

TAG = "Service"
_STATE = ["ok", "unavailable"]
_PASSED_AT = value(
    ["string", "null"], "When lost jobs were last looked for; null: not yet.", format="date-time"
)
SCHEMAS: dict[str, Schema] = {
    "Alive": object_of({"status": value("string", "alive", const="alive")}),
    "Checks": object_of(
        {
            "database": value("string", "PostgreSQL and its schema.", enum=[*_STATE, "outdated"]),
            "storage": value(
                "string",
                "Whether files can be written.",
                enum=[*_STATE, "full", "not_writable"],
            ),
            "queue": value(
                "string", "Redis; without it jobs begin some seconds later.", enum=_STATE
            ),
            "recovery": value("string", "Whether lost jobs are looked for.", enum=["ok", "late"]),
            "workers": value(
                "string",
                "Whether there are live workers, and all of them see this process's storage.",
                enum=[*_STATE, "none", "other_storage"],
            ),
        }
    ),
    "Readiness": object_of(
        {
            "status": value(
                "string",
                "degraded: videos are accepted, but something that helps is away.",
                enum=["ready", "degraded"],
            ),
            "checks": ref("Checks"),
            "recovery_passed_at": _PASSED_AT,
        }
    ),
    "Pipeline": object_of(
        {
            "pipeline_id": value("string", "What a submission names."),
            "description": value("string", "What it does."),
            "default": value("boolean", "Whether it is taken when a submission names none."),
        }
    ),
    "Pipelines": object_of({"pipelines": list_of(ref("Pipeline"), "Those that can be used here.")}),
}
NOT_READY_MEMBERS = {"checks": ref("Checks"), "recovery_passed_at": _PASSED_AT}
_OK = {"database": "ok", "storage": "ok", "queue": "ok", "recovery": "ok", "workers": "ok"}

ALIVE = Operation(
    "getLiveness",
    TAG,
    "200 while the process runs; checks no dependency",
    "For a supervisor that restarts a process which no longer answers.",
    {200: answer("The process runs.", ref("Alive"), {"status": "alive"})},
    is_open=True,
)
READY = Operation(
    "getReadiness",
    TAG,
    "200 while videos are accepted, 503 otherwise",
    "For a balancer that sends no requests where they cannot be served. Without `queue` or "
    "`recovery` the service is degraded, and accepts videos all the same.",
    {
        200: answer(
            "Videos are accepted.",
            ref("Readiness"),
            {"status": "ready", "checks": _OK, "recovery_passed_at": EXAMPLE_TIME},
        )
    },
    problems=("not_ready", "internal_error"),
    is_open=True,
)
METRICS = Operation(
    "getMetrics",
    TAG,
    "Figures of this process, and of all jobs, for Prometheus",
    "In the text format of Prometheus, 0.0.4. With a token of its own, which the operator sets: "
    "without one, 401 wherever API tokens are asked for. Jobs, queue and storage are read every 15 "
    "seconds at most.",
    {
        200: {
            "description": "The figures.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    },
    problems=("internal_error",),
    scheme="metrics",
)
PIPELINES = Operation(
    "listPipelines",
    TAG,
    "The pipelines that a submission may name",
    "What a video can be analysed with.",
    {
        200: answer(
            "The pipelines.",
            ref("Pipelines"),
            {
                "pipelines": [
                    {
                        "pipeline_id": "yolo_ocr",
                        "description": "Find text and number plates in each frame and read them",
                        "default": True,
                    }
                ]
            },
            headers=ETAG,
        ),
        **NOT_MODIFIED,
    },
    problems=OF_DATABASE,
    parameters=(IF_NONE_MATCH,),
)
OPENAPI = Operation(
    "getOpenApi",
    TAG,
    "This API as OpenAPI 3.1",
    "This document, as OpenAPI 3.1: for generators of clients, and for tools.",
    {
        200: {
            "description": "The document.",
            "headers": ETAG,
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
        **NOT_MODIFIED,
    },
    parameters=(IF_NONE_MATCH,),
    is_open=True,
)
DOCS = Operation(
    "getDocs",
    TAG,
    "This API as a page for people",
    "This document, for people.",
    {
        200: {"description": "A page.", "headers": ETAG, "content": {"text/html": {}}},
        **NOT_MODIFIED,
    },
    parameters=(IF_NONE_MATCH,),
    is_open=True,
)
