"""Results as COCO has them."""

from typing import Any

from service.web.openapi.described.values import (
    BOX,
    CLASS_ID,
    CLASS_NAME,
    CONFIDENCE,
    EXAMPLE_ID,
    EXAMPLE_SHA256,
    ID,
    TEXT,
    TEXT_CONFIDENCE,
    TRACK_ID,
)
from service.web.openapi.operation import Schema, count, list_of, object_of, ref, sha256, value

SCHEMAS: dict[str, Schema] = {
    "CocoImage": object_of(
        {
            "id": count("The frame_index."),
            "file_name": value("string", "A name for the frame; no file is served under it."),
            "timestamp_ms": count("When the frame is shown."),
            "width": count("In pixels."),
            "height": count("In pixels."),
        }
    ),
    "CocoAnnotation": object_of(
        {
            "id": value("integer", "From 1.", minimum=1),
            "image_id": count("The image, by its id."),
            "category_id": CLASS_ID,
            "bbox": list_of({"type": "number"}, "x, y, width, height in pixels.", **BOX),
            "area": value("number", "In square pixels."),
            "iscrowd": value("integer", "Always 0.", const=0),
            "score": CONFIDENCE,
            "attributes": object_of(
                {"text": TEXT, "text_confidence": TEXT_CONFIDENCE, "track_id": TRACK_ID},
                optional=("text", "text_confidence", "track_id"),
                description="What COCO has no name for.",
            ),
        }
    ),
    "CocoCategory": object_of(
        {
            "id": CLASS_ID,
            "name": CLASS_NAME,
            "supercategory": value("string", "Always empty.", const=""),
        }
    ),
    "Coco": object_of(
        {
            "info": object_of(
                {"job_id": ID, "results_sha256": sha256("SHA-256 of the stored results.")},
                description="Whose results these are.",
            ),
            "licenses": list_of({}, "Always empty.", maxItems=0),
            "images": list_of(ref("CocoImage"), "The analysed frames."),
            "annotations": list_of(ref("CocoAnnotation"), "The detections."),
            "categories": list_of(ref("CocoCategory"), "The classes of those."),
        }
    ),
}
EXAMPLE: dict[str, Any] = {
    "info": {"job_id": EXAMPLE_ID, "results_sha256": EXAMPLE_SHA256},
    "licenses": [],
    "images": [
        {
            "id": 25,
            "file_name": f"{EXAMPLE_ID}_000000025.png",
            "timestamp_ms": 1000,
            "width": 1280,
            "height": 720,
        }
    ],
    "annotations": [
        {
            "id": 1,
            "image_id": 25,
            "category_id": 0,
            "bbox": [140.0, 620.5, 1000.2, 69.5],
            "area": 69513.9,
            "iscrowd": 0,
            "score": 0.9312,
            "attributes": {
                "text": "BREAKING NEWS AT NINE",
                "text_confidence": 0.96,
                "track_id": 1,
            },
        }
    ],
    "categories": [{"id": 0, "name": "text", "supercategory": ""}],
}
