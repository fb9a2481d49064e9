from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from service.jobs.memory import MemoryJobs
from service.jobs.model import Lease, attempt_results_key, results_key
from service.storage.local import LocalStorage
from tests.unit.service.conftest import Serve
from tests.unit.service.web.samples import completed, once, problem, running, submitted


class StubbornStorage(LocalStorage):
    """A storage that cannot delete videos."""

    async def delete(self, key: str) -> None:
        if key.endswith(".mp4"):
            raise PermissionError(key)
        await super().delete(key)


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


async def test_a_deleted_job_is_gone_with_its_files(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage, folder: Path
) -> None:
    job = await completed(client, jobs, storage)
    await storage.publish(str(job.output_path), results_key(job.job_id))
    kept = await submitted(client)
    answer = await client.delete(f"/v1/jobs/{job.job_id}")

    assert (answer.status, await answer.read()) == (204, b"")
    assert files_in(folder) == [f"{kept}.mp4"]
    for url in ("/v1/jobs/{}", "/v1/video/status/{}", "/v1/video/results/{}"):
        answer = await client.get(url.format(job.job_id))
        assert await problem(answer) == (404, "job_not_found")


async def test_deleting_twice_finds_nothing_the_second_time(client: TestClient) -> None:
    url = f"/v1/jobs/{await submitted(client)}"
    await client.delete(url)

    assert await problem(await client.delete(url)) == (404, "job_not_found")


async def test_what_an_attempt_that_was_killed_left_goes_too(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage, folder: Path
) -> None:
    job = await running(client, jobs)
    await storage.save(attempt_results_key(job.lease), once(b"{}"))
    await jobs.requeue(job.lease, interrupted=True)
    again = await jobs.claim(owner="worker", lease_seconds=60)
    assert again is not None
    assert again.lease == Lease(job.job_id, 2, "worker")
    await client.delete(f"/v1/jobs/{job.job_id}")

    assert files_in(folder) == []


async def test_a_file_that_cannot_be_deleted_keeps_no_job(
    serve: Serve, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = await serve(storage=StubbornStorage(folder))
    url = f"/v1/jobs/{await submitted(client)}"
    answer = await client.delete(url)

    assert answer.status == 204
    assert (await client.get(url)).status == 404
    assert "file that no job needs kept" in caplog.text
