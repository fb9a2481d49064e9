"""Web and worker over one PostgreSQL and one Redis, each with connections of its own."""

import asyncio
import re

from aiohttp.test_utils import TestClient
from prometheus_client.exposition import generate_latest

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


async def test_the_same_video_again_has_the_results_it_had_before(
    client: TestClient, settings: Settings
) -> None:
    """One PostgreSQL and one storage: another worker's results are as good as its own."""
    documents, summaries = [], []
    for _ in range(2):
        job_id = await _submit(client)
        worker = JobWorker(settings, program=SCRIPTED)
        serving = asyncio.create_task(worker.serve())
        await until(lambda job_id=job_id: _is_completed(client, job_id))
        worker.stop()
        await serving
        documents.append(await (await client.get(f"/v1/video/results/{job_id}")).json())
        summaries.append(await (await client.get(f"/v1/video/summary/{job_id}")).json())

    # The process ids that stand in both are the first worker's.
    assert documents[0]["results"] == documents[1]["results"]
    assert documents[0]["job_id"] != documents[1]["job_id"]
    assert summaries[0] | {"job_id": summaries[1]["job_id"]} == summaries[1]


async def test_both_show_how_long_they_waited_for_connections(
    client: TestClient, settings: Settings
) -> None:
    job_id = await _submit(client)
    worker = JobWorker(settings, program=SCRIPTED)
    serving = asyncio.create_task(worker.serve())
    await until(lambda: _is_completed(client, job_id))
    worker.stop()
    await serving
    of_web = await (await client.get("/metrics")).text()
    of_worker = generate_latest(worker.metrics.registry).decode()

    for shown in (of_web, of_worker):
        samples = dict(re.findall(r"^forgesyte_(database_connection\S+) (\S+)$", shown, re.M))
        assert float(samples["database_connection_wait_seconds_count"]) > 0
        assert float(samples["database_connection_wait_seconds_sum"]) > 0
        assert float(samples['database_connections{state="limit"}']) > 1


async def _submit(client: TestClient) -> str:
    answer = await client.post("/v1/video/submit", data=MAGIC + b"good", headers=MP4)
    assert answer.status == 202
    return str((await answer.json())["job_id"])


async def _is_completed(client: TestClient, job_id: str) -> bool:
    status = await (await client.get(f"/v1/video/status/{job_id}")).json()
    return bool(status["status"] == "completed")
