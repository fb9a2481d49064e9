"""Submit over HTTP → arq's worker → results over HTTP, without a server to start."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient

from config.graph import load_pipelines
from service.access.memory import MemoryTokens
from service.app import create_app
from service.jobs.memory import MemoryJobs
from service.queue.arq import ArqQueue
from service.services import Services
from service.storage.local import LocalStorage
from tests.queues import arq_on
from tests.unit.worker.scripted_child import MAGIC, SCRIPTED
from tests.waiting import until
from worker.main import JobWorker

NEVER_BY_ITSELF = 1000.0


class CountedJobs(MemoryJobs):
    claims = 0

    async def claim(self, *, owner, lease_seconds):
        claimed = await super().claim(owner=owner, lease_seconds=lease_seconds)
        self.claims += 1
        return claimed


@pytest.fixture
async def client(fake_redis, settings, tmp_path, aiohttp_client) -> AsyncIterator[TestClient]:
    """Web, with a worker behind it, over one Redis and one table of jobs."""
    jobs = CountedJobs()
    services = Services(
        settings=settings,
        jobs=jobs,
        queue=ArqQueue(arq_on(fake_redis)),
        storage=LocalStorage(tmp_path),
        pipelines=load_pipelines(),
        tokens=MemoryTokens(),
    )

    @asynccontextmanager
    async def open_services(*_settings) -> AsyncIterator[Services]:
        yield services

    worker = JobWorker(
        settings,
        open_services=open_services,
        open_redis=lambda _url: arq_on(fake_redis),
        program=SCRIPTED,
        idle_seconds=NEVER_BY_ITSELF,
    )
    serving = asyncio.create_task(worker.serve())
    # The first look of a worker needs no wake-up: what comes after it does.
    await until(lambda: jobs.claims)
    yield await aiohttp_client(create_app(open_services))
    worker.stop()
    await serving


async def test_a_submitted_video_is_analysed_and_its_results_are_served(client):
    """TST-1, API-1, API-2, API-3, API-4, WRK-1, QUE-1."""
    form = FormData({"frame_stride": "3"})
    form.add_field("file", MAGIC + b"good", filename="video.mp4", content_type="video/mp4")
    submitted = await client.post("/v1/video/submit", data=form)
    job_id = (await submitted.json())["job_id"]
    await until(lambda: is_at(client, job_id, "completed"))
    results = await (await client.get(f"/v1/video/results/{job_id}")).json()
    status = await (await client.get(f"/v1/video/status/{job_id}")).json()

    assert submitted.status == 202
    assert [frame["frame_index"] for frame in results["results"]] == [0, 3, 6]
    assert results["job_id"] == job_id
    assert status["progress"] == 1.0


async def test_a_corrupt_video_fails_and_says_why(client):
    """WRK-1, WRK-3: error_message is shown, and there are no results."""
    body = MAGIC + b"corrupt"
    submitted = await client.post("/v1/video/submit", data=body, headers=MP4)
    job_id = (await submitted.json())["job_id"]
    await until(lambda: is_at(client, job_id, "failed"))
    status = await (await client.get(f"/v1/video/status/{job_id}")).json()
    results = await client.get(f"/v1/video/results/{job_id}")

    assert status["error_code"] == "corrupt_video"
    assert status["error_message"] == "The video's pictures cannot be decoded."
    assert results.status == 404


MP4 = {"Content-Type": "video/mp4"}


async def is_at(client: TestClient, job_id: str, status: str) -> bool:
    answer = await client.get(f"/v1/video/status/{job_id}")
    return (await answer.json())["status"] == status
