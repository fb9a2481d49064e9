"""Detections as COCO has them (https://cocodataset.org/#format-data)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from service.jobs.model import Job
from service.web.export.frames import Frames

# pycocotools takes annotation 0 for none.
FIRST_ANNOTATION = 1


def coco(job: Job, frames: Frames, video: Mapping[str, Any]) -> Iterator[bytes]:
    """Images, annotations and categories; ids are the results' frame_index and class_id.

    The document is read once for its images and once for their annotations: neither is held.
    video: the summary's, which has the size of every frame.
    """
    info = {"job_id": str(job.job_id), "results_sha256": job.output_sha256}
    yield b'{"info": ' + json.dumps(info).encode() + b', "licenses": [], "images": ['
    size = {"width": video["width"], "height": video["height"]}
    yield from _listed(_image(job, record) | size for record in frames.records())
    yield b'], "annotations": ['
    classes: dict[int, str] = {}
    yield from _listed(_annotations(frames, classes))
    yield b'], "categories": ['
    yield from _listed(
        {"id": class_id, "name": name, "supercategory": ""}
        for class_id, name in sorted(classes.items())
    )
    yield b"]}"


def _image(job: Job, record: Mapping[str, Any]) -> dict[str, Any]:
    index = record["frame_index"]
    return {
        "id": index,
        "file_name": f"{job.job_id}_{index:09}.png",
        "timestamp_ms": record["result"]["timestamp_ms"],
    }


def _annotations(frames: Frames, classes: dict[int, str]) -> Iterator[dict[str, Any]]:
    """Each detection, numbered; its class is added to classes."""
    number = FIRST_ANNOTATION
    for record in frames.records():
        for found in record["result"]["detections"]:
            classes[found["class_id"]] = found["class_name"]
            yield {"id": number, "image_id": record["frame_index"]} | _annotation(found)
            number += 1


def _annotation(found: Mapping[str, Any]) -> dict[str, Any]:
    x1, y1, x2, y2 = found["bbox"]
    width, height = round(x2 - x1, 1), round(y2 - y1, 1)
    read = ("text", "text_confidence", "track_id")
    return {
        "category_id": found["class_id"],
        "bbox": [x1, y1, width, height],
        "area": round(width * height, 2),
        "iscrowd": 0,
        "score": found["confidence"],
        "attributes": {name: found[name] for name in read if name in found},
    }


def _listed(entries: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    separator = "\n"
    for entry in entries:
        yield (separator + json.dumps(entry, ensure_ascii=False)).encode()
        separator = ",\n"
