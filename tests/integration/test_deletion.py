"""A job deleted while a real worker has it, on real servers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from aiohttp.test_utils import TestClient

from config.settings import Settings
from tests.unit.worker.scripted_child import MAGIC, SCRIPTED
from tests.waiting import is_gone, until
from worker.main import JobWorker

# With the lease of sixty seconds that heartbeats come every quarter of.
CANCELLED_SECONDS = 2.0
MP4 = {"Content-Type": "video/mp4"}


@pytest.fixture
async def working(settings: Settings) -> AsyncIterator[None]:
    """A worker is there until the test ends."""
    worker = JobWorker(settings, program=SCRIPTED)
    serving = asyncio.create_task(worker.serve())
    yield
    worker.stop()
    await serving


async def submitted(client: TestClient, behaviour: str) -> str:
    answer = await client.post("/v1/video/submit", data=MAGIC + behaviour.encode(), headers=MP4)
    return str((await answer.json())["job_id"])


async def has_status(client: TestClient, job_id: str, status: str) -> bool:
    document = await (await client.get(f"/v1/video/status/{job_id}")).json()
    return bool(document["status"] == status)


def family() -> list[int]:
    """The pipeline's process and the helper it started, once it has."""
    found = []
    for process in psutil.Process().children(recursive=True):
        # Another one may end while it is looked at.
        with suppress(psutil.NoSuchProcess):
            if process.name() == "sleep":
                found += [process.pid, process.ppid()]
    return found


@pytest.mark.usefixtures("working")
async def test_a_deleted_job_has_no_process_two_seconds_later_and_the_next_job_is_run(
    client: TestClient, tmp_path: Path
) -> None:
    cancelled = await submitted(client, "hang")
    pids = await until(family)
    next_job = await submitted(client, "good")
    answer = await client.delete(f"/v1/jobs/{cancelled}")
    await until(lambda: all(map(is_gone, pids)), seconds=CANCELLED_SECONDS)
    await until(lambda: has_status(client, next_job, "completed"))

    assert answer.status == 204
    assert (await client.get(f"/v1/jobs/{cancelled}")).status == 404
    assert list(tmp_path.rglob(f"*{cancelled}*")) == []


@pytest.mark.usefixtures("working")
async def test_jobs_deleted_around_their_completion_leave_no_file(
    client: TestClient, tmp_path: Path
) -> None:
    """Each a little later after it was claimed than the one before."""
    for moment in range(12):
        job_id = await submitted(client, "good")
        await until(lambda job_id=job_id: was_claimed(client, job_id))
        for _ in range(moment):
            await client.get("/livez")
        answer = await client.delete(f"/v1/jobs/{job_id}")
        assert answer.status == 204
    last = await submitted(client, "good")
    await until(lambda: has_status(client, last, "completed"))

    kept = {path.name.split(".")[0].split("_")[0] for path in tmp_path.rglob("*.*")}
    assert kept == {last}


async def was_claimed(client: TestClient, job_id: str) -> bool:
    return bool((await (await client.get(f"/v1/jobs/{job_id}")).json())["attempt"])
