"""Web and worker over one PostgreSQL and one Redis, each with connections of its own."""

import asyncio

from aiohttp.test_utils import TestClient

from config.settings import Settings
from tests.unit.worker.scripted_child import MAGIC, SCRIPTED
from tests.waiting import until
from worker.main import JobWorker

NEVER_BY_ITSELF = 1000.0
MP4 = {"Content-Type": "video/mp4"}


async def test_what_web_enqueues_wakes_the_worker(client: TestClient, settings: Settings) -> None:
    """QUE-1; failure 2: web with a queue of its own, and no job is ever picked up."""
    worker = JobWorker(settings, program=SCRIPTED, idle_seconds=NEVER_BY_ITSELF)
    serving = asyncio.create_task(worker.serve())
    # A worker's first look needs no wake-up, nor does the one after a job.
    for _ in range(3):
        job_id = await _submit(client)
        await until(lambda job_id=job_id: _is_completed(client, job_id))
    worker.stop()
    await serving


async def _submit(client: TestClient) -> str:
    answer = await client.post("/v1/video/submit", data=MAGIC + b"good", headers=MP4)
    assert answer.status == 202
    return str((await answer.json())["job_id"])


async def _is_completed(client: TestClient, job_id: str) -> bool:
    status = await (await client.get(f"/v1/video/status/{job_id}")).json()
    return bool(status["status"] == "completed")
