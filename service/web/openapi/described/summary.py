"""What was found in the whole video."""

from service.web.openapi.described.values import (
    CLASS_NAME,
    EXAMPLE_ID,
    EXAMPLE_SHA256,
    ID,
    OCCURRENCE,
    TRACK_ID,
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
    answer,
    count,
    list_of,
    object_of,
    ref,
    sha256,
    value,
)

_COUNTS = {
    "detections": count("In how many detections."),
    "frames": count("In how many frames."),
}

SCHEMAS: dict[str, Schema] = {
    "Video": object_of(
        {
            "width": count("Pixels, as a viewer sees it."),
            "height": count("Pixels, as a viewer sees it."),
            "duration_ms": count("How long it lasts."),
            "frames_expected": count("Frames that the file promises."),
            "frames_decoded": count("Frames that were decoded or passed over."),
            "frames_analysed": count("Frames with results."),
            "frames_corrupt": count("Damaged ones of these."),
            "frames_failed": count("Those of these that could not be read."),
            "truncated": value("boolean", "Whether pictures are missing or damaged."),
        }
    ),
    "ClassSummary": object_of({**OCCURRENCE, **_COUNTS}),
    "TextSummary": object_of(
        {
            "text": value("string", "What can be read."),
            "class_name": CLASS_NAME,
            **OCCURRENCE,
            **_COUNTS,
            "track_id": TRACK_ID,
        },
        optional=("track_id",),
    ),
    "Provenance": object_of(
        {
            "program": value("string", "Version of the program."),
            "program_sha256": sha256("SHA-256 of its code."),
            "pipeline": value("string", "The pipeline_id."),
            "pipeline_sha256": sha256("SHA-256 of the pipeline's graph."),
            "batch_frames": count("How many frames are analysed at once."),
            "options": ref("Options"),
            "libraries": value(
                "object", "Versions by name.", additionalProperties={"type": "string"}
            ),
            "decoder": value("object", "What decoded the video.", additionalProperties=True),
            "nodes": value(
                "object",
                "By node of the pipeline: its weights, engine, thresholds.",
                additionalProperties={"type": "object"},
            ),
        },
        description="All that decides the results' bytes: the same again gives the same bytes.",
    ),
    "Summary": object_of(
        {
            "job_id": ID,
            "video": ref("Video"),
            "classes": value(
                "object",
                "What was found of each class, by class_name.",
                additionalProperties=ref("ClassSummary"),
            ),
            "texts": list_of(ref("TextSummary"), "Everything that was read, in order."),
            "texts_truncated": value("boolean", "Whether more was read than is listed."),
            "provenance": ref("Provenance"),
            "results_sha256": sha256("SHA-256 of the stored results."),
        }
    ),
}
SHOW = Operation(
    "getSummary",
    TAG,
    "What was found in the whole video, and how",
    "What was found in the whole video: each class and each text with its first and last moment, "
    "how much of the video could be read, and all that decided the results. Of texts there are at "
    "most 10,000, those with the highest confidence.",
    {
        200: answer(
            "The summary.",
            ref("Summary"),
            {
                "job_id": EXAMPLE_ID,
                "video": {
                    "width": 1280,
                    "height": 720,
                    "duration_ms": 10000,
                    "frames_expected": 250,
                    "frames_decoded": 250,
                    "frames_analysed": 25,
                    "frames_corrupt": 0,
                    "frames_failed": 0,
                    "truncated": False,
                },
                "classes": {
                    "text": {
                        "first_ms": 0,
                        "last_ms": 9600,
                        "confidence": 0.8191,
                        "detections": 92,
                        "frames": 25,
                    }
                },
                "texts": [
                    {
                        "track_id": 5,
                        "text": "HARBOUR BULLETIN",
                        "class_name": "text",
                        "first_ms": 800,
                        "last_ms": 2800,
                        "confidence": 0.9667,
                        "detections": 6,
                        "frames": 6,
                    }
                ],
                "texts_truncated": False,
                "provenance": {
                    "program": "0.1.0",
                    "program_sha256": EXAMPLE_SHA256,
                    "pipeline": "yolo_ocr",
                    "pipeline_sha256": EXAMPLE_SHA256,
                    "batch_frames": 4,
                    "libraries": {"numpy": "2.4.6", "opencv": "5.0.0", "rapidfuzz": "3.14.6"},
                    "decoder": {"pyav": "18.1.0", "libavcodec": "62.28.102", "threads": 1},
                    "nodes": {
                        "detect": {"weights_sha256": EXAMPLE_SHA256, "backend": "openvino"},
                        "read": {"engine": "tesserocr", "version": "5.5.4", "languages": "eng"},
                    },
                    "options": {"frame_stride": 10, "max_frames": None, "region": "auto"},
                },
                "results_sha256": EXAMPLE_SHA256,
            },
            headers=ETAG,
        ),
        **NOT_MODIFIED,
    },
    problems=("job_not_found", "job_not_completed", *OF_JOBS),
    parameters=(JOB_ID, IF_NONE_MATCH),
)
