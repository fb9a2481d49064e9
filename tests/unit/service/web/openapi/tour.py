"""Real answers: each route asked in every way that it answers otherwise, and never in vain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from config.failures import FailureCode
from service.jobs.model import Job, attempt_results_key
from tests.data.documents import encoded, full, plain
from tests.queues import SilentQueue
from tests.unit.service.jobs.samples import TEXT
from tests.unit.service.web.openapi.described import OPERATIONS, content
from tests.unit.service.web.provoking import Stage
from tests.unit.service.web.samples import SUMMARY, failed, form, once, running, submitted
from tests.waiting import until
from worker.pipeline.frame import FrameResult

FORMATS = ("json", "jsonl", "csv", "vtt", "coco")
VIDEO = {"width": 1280, "height": 720, "frames_analysed": 1}
KNOWN = {"If-None-Match": "*"}


@dataclass
class Tour:
    """Answers by operation, and the jobs they are of."""

    client: TestClient
    answers: list[tuple[str, ClientResponse]] = field(default_factory=list)

    async def ask(
        self, operation_id: str, job_id: UUID | None = None, **arguments: Any
    ) -> ClientResponse:
        told = OPERATIONS[operation_id]
        path = told["path"].replace("{job_id}", str(job_id))
        answer = await self.client.request(told["method"], path, **arguments)
        self.answers.append((operation_id, answer))
        return answer


async def completed_job(stage: Stage, client: TestClient, frames: list[FrameResult]) -> Job:
    """A job whose results are these frames, and whose summary has a text."""
    job = await running(client, stage.jobs)
    stored = await stage.storage.save(attempt_results_key(job.lease), once(encoded(frames)))
    summary = SUMMARY | {"video": VIDEO, "texts": [TEXT | {"text": "NORTH EXIT"}]}
    await stage.jobs.complete(job.lease, stored, summary=summary)
    return await stage.jobs.get(job.job_id)


async def toured(stage: Stage) -> Tour:
    """Every answer with a status below 400 that there is, but for what the pipeline writes."""
    tour = Tour(await stage.serve())
    done = await completed_job(stage, tour.client, plain())
    await _ask_for_each_state(tour, done.job_id)
    await _fetch(tour, done)
    harmed = await completed_job(stage, tour.client, full())
    for name in FORMATS:
        await tour.ask("getResults", harmed.job_id, params={"format": name})
    await tour.ask("searchTexts", params={"q": "exit", "limit": "1"})
    await _ask_for_each_state(
        tour, (await failed(tour.client, stage.jobs, FailureCode.NO_FRAMES, "why")).job_id
    )
    held = await running(tour.client, stage.jobs)
    await stage.jobs.renew(held.lease, lease_seconds=60, frames_done=3, frames_expected=9)
    await _ask_for_each_state(tour, held.job_id)
    await tour.ask("listJobs", params={"limit": "1"})
    await _ask_the_service(tour, stage)
    await tour.ask("deleteJob", held.job_id)
    return tour


async def examples_of(stage: Stage) -> Mapping[str, Any]:
    """What the requests are answered with whose answers the document shows, by operation."""
    client = await stage.serve(lease_seconds=0.05)
    done = await completed_job(stage, client, plain())
    await until(lambda: _has_passed(client))
    tour = Tour(client)
    for operation_id in ("getJob", "listJobs", "searchTexts", "listPipelines", "getReadiness"):
        asked = {"q": "north"} if operation_id == "searchTexts" else {}
        await tour.ask(operation_id, done.job_id, params=asked)
    await tour.ask("getLiveness")
    await tour.ask("submitVideo", data=form())
    await tour.ask("getStatus", (await _claimed_next(stage)).job_id)
    return {operation_id: await content(answer) for operation_id, answer in tour.answers}


async def _has_passed(client: TestClient) -> bool:
    return (await (await client.get("/readyz")).json())["recovery_passed_at"] is not None


async def _claimed_next(stage: Stage) -> Job:
    job = await stage.jobs.claim(owner="worker", lease_seconds=60)
    assert job is not None
    return job


async def _ask_for_each_state(tour: Tour, job_id: UUID) -> None:
    for operation_id in ("getStatus", "getJob"):
        await tour.ask(operation_id, job_id)
        await tour.ask(operation_id, job_id, headers={"Prefer": "wait=0"})
        await tour.ask(operation_id, job_id, headers=KNOWN)
    await tour.ask("listJobs")


async def _fetch(tour: Tour, done: Job) -> None:
    for name in FORMATS:
        await tour.ask("getResults", done.job_id, params={"format": name})
    await tour.ask("getResults", done.job_id, params={"from_frame": "0", "to_frame": "99"})
    await tour.ask("getResults", done.job_id, headers=KNOWN)
    await tour.ask("getSource", done.job_id)
    await tour.ask("getSource", done.job_id, headers={"Range": "bytes=0-9"})
    await tour.ask("getSource", done.job_id, headers=KNOWN)


async def _ask_the_service(tour: Tour, stage: Stage) -> None:
    await tour.ask("submitVideo", data=form())
    await submitted(tour.client)
    await tour.ask("beginSession")
    await tour.ask("endSession")
    for operation_id in (
        "listJobs",
        "searchTexts",
        "listPipelines",
        "getSession",
        "getOpenApi",
        "getDocs",
    ):
        asked = {"q": "north"} if operation_id == "searchTexts" else {}
        await tour.ask(operation_id, params=asked)
        await tour.ask(operation_id, params=asked, headers=KNOWN)
    await tour.ask("getLiveness")
    await tour.ask("getMetrics")
    await tour.ask("getReadiness")
    tour.client = await stage.serve(queue=SilentQueue())
    await tour.ask("getReadiness")
