"""DOC-1: the examples in ENDPOINTS have the shape of what the service answers."""

import json
from typing import Any

import numpy as np
from aiohttp.test_utils import TestClient

from service.jobs.memory import MemoryJobs
from service.storage.local import LocalStorage
from tests.governance.documents import blocks, text_of
from tests.unit.service.web.samples import completed, form, running
from worker.pipeline.frame import Detection, Frame
from worker.pipeline.report import encode_frame, record_of

STATUS, RESULTS = (json.loads(block) for block in blocks(text_of("ENDPOINTS"), "json"))
(SUBMITTED,) = (
    json.loads(block.splitlines()[1]) for block in blocks(text_of("ENDPOINTS"), "console")
)
LINE = Detection(0, "text", 0.93124, (140.0, 620.5, 1140.2, 690.0), "BREAKING NEWS AT NINE", 0.96)


def shape(value: Any) -> Any:
    """A document with its types in the place of its values."""
    match value:
        case dict():
            return {name: shape(member) for name, member in value.items()}
        case list():
            return [shape(member) for member in value]
    return type(value)


async def test_submit_answers_as_documented(client: TestClient) -> None:
    """API-1, DOC-1"""
    answer = await client.post("/v1/video/submit", data=form())

    assert shape(await answer.json()) == shape(SUBMITTED)


async def test_status_answers_as_documented(client: TestClient, jobs: MemoryJobs) -> None:
    """API-2, DOC-1"""
    job = await running(client, jobs)

    answer = await client.get(f"/v1/video/status/{job.job_id}")

    assert shape(await answer.json()) == shape(STATUS)


async def test_results_answer_as_documented(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    """API-4, DOC-1"""
    frame = record_of(Frame(25, 1000, np.zeros((720, 1280, 3), np.uint8), detections=(LINE,)))
    document = b'{"results": [\n' + encode_frame(frame) + b"\n]}"
    job = await completed(client, jobs, storage, document)

    answer = await client.get(f"/v1/video/results/{job.job_id}")

    assert shape(await answer.json()) == shape(RESULTS)
    assert (await answer.json())["results"] == RESULTS["results"]
