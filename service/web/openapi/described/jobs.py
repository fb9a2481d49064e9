"""/v1/jobs and /v1/search."""

from service.jobs.model import Status
from service.web.catalog.search import MAX_CHARACTERS
from service.web.openapi.described.values import (
    CLASS_NAME,
    EXAMPLE_ID,
    EXAMPLE_SHA256,
    EXAMPLE_TIME,
    ID,
    LATER_TIME,
    OCCURRENCE,
    ONLY_FAILED,
    STATUS_FIELDS,
)
from service.web.openapi.operation import (
    CURSOR,
    ETAG,
    IF_NONE_MATCH,
    JOB_ID,
    LIMIT,
    NOT_MODIFIED,
    OF_JOBS,
    PREFER,
    PREFERENCE_APPLIED,
    Operation,
    Schema,
    answer,
    count,
    empty_answer,
    object_of,
    page_of,
    parameter,
    ref,
    sha256,
    value,
)

TAG = "Jobs"
_NAME = value(["string", "null"], "The submitted file's own name; null where it had none.")
_JOB_FIELDS: dict[str, Schema] = STATUS_FIELDS | {
    "pipeline_id": value("string", "The pipeline that analyses it."),
    "options": ref("Options"),
    "name": _NAME,
    "input_bytes": count("Length of the video."),
}
_NULL_COUNT = ["integer", "null"]
SCHEMAS: dict[str, Schema] = {
    "Job": object_of(_JOB_FIELDS, optional=ONLY_FAILED),
    "JobDetail": object_of(
        _JOB_FIELDS
        | {
            "input_sha256": sha256("SHA-256 of the video."),
            "attempt": count("How often a worker has begun it."),
            "interruptions": count("How many attempts ended because their worker was stopped."),
            "queue_position": value(
                _NULL_COUNT, "How many pending jobs come before it; null unless it is pending."
            ),
            "frames_done": value(
                _NULL_COUNT,
                "Of a running job: frames done, as of two seconds ago or so, with those of earlier "
                "attempts that it goes on from.",
            ),
            "frames_expected": value(_NULL_COUNT, "Of a running job: frames that are to be done."),
            "results_sha256": {
                **sha256("Of a completed job: SHA-256 of the stored results."),
                "type": ["string", "null"],
            },
            "results_bytes": value(_NULL_COUNT, "Of a completed job: length of those."),
        },
        optional=ONLY_FAILED,
    ),
    "JobPage": page_of("Job", "Newest first."),
    "Hit": object_of(
        {
            "job_id": ID,
            "name": _NAME,
            "text": value("string", "What can be read there."),
            "class_name": CLASS_NAME,
            **OCCURRENCE,
        }
    ),
    "HitPage": page_of("Hit", "Those of the newest job first."),
}

_JOB_EXAMPLE = {
    "job_id": EXAMPLE_ID,
    "status": "completed",
    "progress": 1.0,
    "created_at": EXAMPLE_TIME,
    "updated_at": LATER_TIME,
    "pipeline_id": "yolo_ocr",
    "options": {"frame_stride": 1, "max_frames": None, "region": "auto"},
    "name": "video.mp4",
    "input_bytes": 1056,
}
_DETAIL_EXAMPLE = _JOB_EXAMPLE | {
    "input_sha256": EXAMPLE_SHA256,
    "attempt": 1,
    "interruptions": 0,
    "queue_position": None,
    "frames_done": None,
    "frames_expected": None,
    "results_sha256": EXAMPLE_SHA256,
    "results_bytes": 321,
}

LIST = Operation(
    "listJobs",
    TAG,
    "All jobs, newest first, page by page",
    "Every job there is, newest first. `next_cursor` leads to the next page: a page does not "
    "shift when jobs are added or deleted meanwhile.",
    {
        200: answer(
            "A page of jobs.",
            ref("JobPage"),
            {"items": [_JOB_EXAMPLE], "next_cursor": None},
            headers=ETAG,
        ),
        **NOT_MODIFIED,
    },
    problems=("bad_option", *OF_JOBS),
    parameters=(
        parameter(
            "query",
            "status",
            "Only jobs with this status.",
            {"type": "string", "enum": list(Status)},
        ),
        LIMIT,
        CURSOR,
        IF_NONE_MATCH,
    ),
)
DETAIL = Operation(
    "getJob",
    TAG,
    "A job with its attempts and place in the queue",
    "All that is known of a job. While it is pending, its place in the queue; while it runs, "
    "how far it is; once it is completed, the SHA-256 of its results.",
    {
        200: answer(
            "The job.",
            ref("JobDetail"),
            _DETAIL_EXAMPLE,
            headers=ETAG | PREFERENCE_APPLIED,
        ),
        **NOT_MODIFIED,
    },
    problems=("job_not_found", *OF_JOBS),
    parameters=(JOB_ID, PREFER, IF_NONE_MATCH),
)
DELETE = Operation(
    "deleteJob",
    TAG,
    "Cancel and remove a job with its files",
    "Removes the job with its video, its results and the texts that search finds. A worker that "
    "has it gives it up within two seconds.",
    {204: empty_answer("It is gone.")},
    problems=("job_not_found", *OF_JOBS),
    parameters=(JOB_ID,),
)
SEARCH = Operation(
    "searchTexts",
    "Search",
    "Where a text can be read, in every video",
    "Finds the texts that have every word of `q`; the last word may be a beginning, and words "
    'in quotes stand side by side, as in `q="north exit" 12`. Upper and lower case are the same. '
    "A plate or a code is found with one wrong character, too.",
    {
        200: answer(
            "A page of texts, with the moments where they can be read.",
            ref("HitPage"),
            {
                "items": [
                    {
                        "job_id": EXAMPLE_ID,
                        "name": "video.mp4",
                        "text": "NORTH EXIT",
                        "class_name": "text",
                        "first_ms": 0,
                        "last_ms": 40,
                        "confidence": 0.9,
                    }
                ],
                "next_cursor": None,
            },
            headers=ETAG,
        ),
        **NOT_MODIFIED,
    },
    problems=("bad_option", *OF_JOBS),
    parameters=(
        parameter(
            "query",
            "q",
            "Words, or phrases in quotes; at least one letter or digit.",
            {"type": "string", "minLength": 1, "maxLength": MAX_CHARACTERS},
            required=True,
            example="north exit",
        ),
        parameter(
            "query",
            "class",
            "Only texts of this class, as `class_name` has it.",
            {"type": "string"},
            example="text",
        ),
        LIMIT,
        CURSOR,
        IF_NONE_MATCH,
    ),
)
