"""Submitting a video, waiting for it, and fetching it again."""

from collections.abc import Mapping

from config.graph import DEFAULT_PIPELINE
from config.regions import ANYWHERE, REGIONS
from service.web.openapi.described.values import (
    EXAMPLE_ID,
    ID,
    ONLY_FAILED,
    STATUS_EXAMPLE,
    STATUS_FIELDS,
)
from service.web.openapi.operation import (
    ETAG,
    IF_NONE_MATCH,
    JOB_ID,
    NOT_MODIFIED,
    OF_JOBS,
    PREFER,
    PREFERENCE_APPLIED,
    Operation,
    Schema,
    answer,
    header,
    object_of,
    parameter,
    ref,
    value,
)
from service.web.upload.options import MAX_KEY_CHARACTERS, MAX_NUMBER, OPTIONS

TAG = "Videos"
MP4 = "video/mp4"

_NUMBER = {"minimum": 1, "maximum": MAX_NUMBER}
_DESCRIBED: Mapping[str, Schema] = {
    "pipeline_id": value(
        "string", "One of those that `/v1/pipelines` lists.", default=DEFAULT_PIPELINE
    ),
    "frame_stride": value("integer", "Analyse every Nth frame.", default=1, **_NUMBER),
    "max_frames": value("integer", "Analyse at most so many frames; all by default.", **_NUMBER),
    "region": value(
        "string",
        "Where the plates are issued: that country's formats tell O from 0 and I from 1; auto: "
        "those of all the world.",
        enum=[ANYWHERE, *REGIONS],
        default=ANYWHERE,
    ),
    "fresh": value(
        "boolean",
        "Analyse the video even where the same was analysed before in the same way; otherwise "
        "such a job completes at once, with the same results.",
        default=False,
    ),
}
# An option without a description stops every test here.
_OPTIONS = {name: _DESCRIBED[name] for name in OPTIONS}

SCHEMAS: dict[str, Schema] = {
    "Accepted": object_of({"job_id": ID}),
    "JobStatus": object_of(STATUS_FIELDS, optional=ONLY_FAILED),
}

SUBMIT = Operation(
    "submitVideo",
    TAG,
    "Submit a video; 202 once it cannot be lost any more",
    "Send an MP4 as the `file` of a form, with options as its other fields, or bare as "
    "`video/mp4`; options may stand in the query as well, each of them once. Send the bytes as "
    "they are, without a Content-Encoding. Once the answer is there, the video is stored and the "
    "job cannot be lost. The name of a bare video may stand in `Content-Disposition`.",
    {
        202: answer(
            "The video is stored, and its job is pending.",
            ref("Accepted"),
            {"job_id": EXAMPLE_ID},
            headers={
                "Location": header("URL of the job's status."),
                "Retry-After": header("Seconds after which to ask for it.", pattern="^[0-9]+$"),
            },
        )
    },
    problems=(
        "invalid_mp4",
        "bad_multipart",
        "bad_option",
        "pipeline_not_found",
        "upload_too_slow",
        "idempotency_key_reused",
        "upload_too_large",
        "unsupported_encoding",
        "empty_upload",
        "too_many_requests",
        *OF_JOBS,
        "storage_unavailable",
        "storage_full",
    ),
    parameters=(
        *(
            parameter("query", name, str(schema["description"]), schema)
            for name, schema in _OPTIONS.items()
        ),
        parameter(
            "header",
            "Idempotency-Key",
            "Anything of your choice: the same key, video and options give the same job, however "
            "often they are sent.",
            {
                "type": "string",
                "pattern": "^[!-~]+$",
                "minLength": 1,
                "maxLength": MAX_KEY_CHARACTERS,
            },
        ),
    ),
    body={
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": object_of(
                    {
                        "file": value("string", "The video.", format="mp4", contentMediaType=MP4),
                        **_OPTIONS,
                    },
                    optional=_OPTIONS,
                ),
                "encoding": {"file": {"contentType": MP4}},
            },
            MP4: {"schema": {"type": "string", "format": "mp4", "contentMediaType": MP4}},
        },
    },
)
STATUS = Operation(
    "getStatus",
    TAG,
    "Status and progress; of a failed job, why",
    "Ask for it until the job is completed or failed, about once a second, or with "
    "`Prefer: wait=25`, which answers as soon as the status changes.",
    {
        200: answer(
            "Where the job stands.",
            ref("JobStatus"),
            STATUS_EXAMPLE,
            headers=ETAG | PREFERENCE_APPLIED,
        ),
        **NOT_MODIFIED,
    },
    problems=("job_not_found", *OF_JOBS),
    parameters=(JOB_ID, PREFER, IF_NONE_MATCH),
)
_SENT = ETAG | {
    "Accept-Ranges": header("`bytes`", const="bytes"),
    "Content-Disposition": header("The name that the video was submitted under."),
}
SOURCE = Operation(
    "getSource",
    TAG,
    "The video as it came, also in ranges of bytes",
    "The submitted video, byte for byte, as a player fetches it; the ETag is its SHA-256.",
    {
        200: {"description": "All of it.", "headers": _SENT, "content": {MP4: {}}},
        206: {
            "description": "The range that was asked for.",
            "headers": _SENT | {"Content-Range": header("Which bytes these are.")},
            "content": {MP4: {}},
        },
        **NOT_MODIFIED,
    },
    problems=(
        "job_not_found",
        "results_lost",
        "range_not_satisfiable",
        *OF_JOBS,
        "storage_unavailable",
    ),
    parameters=(
        JOB_ID,
        parameter(
            "header",
            "Range",
            "One range of bytes, such as `bytes=0-1023`; anything else gets all of it.",
            {"type": "string"},
        ),
        parameter(
            "header",
            "If-Range",
            "The ETag that the range is asked of; if it has changed, all is sent.",
            {"type": "string"},
        ),
        IF_NONE_MATCH,
    ),
)
