from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import TestClient

from config.failures import FailureCode
from service.jobs.memory import MemoryJobs
from service.storage.local import LocalStorage
from tests.unit.service.conftest import Serve
from tests.unit.service.web.samples import (
    SUMMARY,
    AwayJobs,
    completed,
    failed,
    problem,
    running,
    submitted,
)

PREFIXES = ("/v1/video", "/video")
NO_JOBS = ["5224752e-be4f-4ec1-bd0f-89ffa7c77e4c", "1", "../../etc/passwd", "%00", "nul"]


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_a_pending_job_has_no_progress(client: TestClient, prefix: str) -> None:
    """API-2, API-3, API-5"""
    job_id = await submitted(client)
    answer = await client.get(f"{prefix}/status/{job_id}")

    document = await answer.json()
    times = document.pop("created_at"), document.pop("updated_at")
    assert answer.status == 200
    assert document == {"job_id": str(job_id), "status": "pending", "progress": 0}
    assert all(datetime.fromisoformat(time).utcoffset() == timedelta(0) for time in times)


async def test_a_running_job_is_half_way(client: TestClient, jobs: MemoryJobs) -> None:
    """API-3"""
    job = await running(client, jobs)

    document = await (await client.get(f"/v1/video/status/{job.job_id}")).json()
    assert (document["status"], document["progress"]) == ("running", 0.5)


async def test_a_completed_job_is_at_its_end(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    """API-3"""
    job = await completed(client, jobs, storage)

    document = await (await client.get(f"/v1/video/status/{job.job_id}")).json()
    assert (document["status"], document["progress"]) == ("completed", 1.0)
    assert "error_message" not in document


async def test_a_failed_job_says_why(client: TestClient, jobs: MemoryJobs) -> None:
    """API-3; failure 9: error_message was stored and never shown."""
    job = await failed(client, jobs, FailureCode.CORRUPT_VIDEO, "no frame could be decoded")

    document = await (await client.get(f"/v1/video/status/{job.job_id}")).json()
    assert (document["status"], document["progress"]) == ("failed", 1.0)
    assert document["error_code"] == "corrupt_video"
    assert document["error_message"] == "no frame could be decoded"


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("what", ["status", "results", "summary"])
@pytest.mark.parametrize("job_id", NO_JOBS)
async def test_an_unknown_job_is_not_found(
    client: TestClient, prefix: str, what: str, job_id: str
) -> None:
    """API-2, API-4, API-5"""
    answer = await client.get(f"{prefix}/{what}/{job_id.replace('/', '%2F')}")

    assert await problem(answer) == (404, "job_not_found")


async def test_of_a_job_that_may_have_been_there_it_says_what_became_of_it(
    client: TestClient,
) -> None:
    """The id alone said nothing to whoever had just pasted it."""
    answer = await client.get(f"/v1/video/status/{UUID(int=7)}")

    detail = (await answer.json())["detail"]
    assert f"no job {UUID(int=7)}" in detail
    assert all(why in detail for why in ("another's", "never accepted", "deleted", "kept"))


@pytest.mark.parametrize("what", ["status", "results", "summary"])
async def test_a_silent_database_is_reported_as_such(serve: Serve, what: str) -> None:
    client = await serve(jobs=AwayJobs())
    answer = await client.get(f"/v1/video/{what}/{uuid4()}")

    assert await problem(answer) == (503, "database_unavailable")


async def test_a_status_that_did_not_change_is_not_sent_again(
    client: TestClient, jobs: MemoryJobs
) -> None:
    job_id = await submitted(client)
    url = f"/v1/video/status/{job_id}"
    known = {"If-None-Match": (await client.get(url)).headers["ETag"]}
    same = await client.get(url, headers=known)
    await jobs.claim(owner="worker", lease_seconds=60)
    changed = await client.get(url, headers=known)

    assert (same.status, await same.read()) == (304, b"")
    assert changed.status == 200


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_a_summary_says_what_was_found_and_by_what(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage, prefix: str
) -> None:
    """API-5"""
    job = await completed(client, jobs, storage)
    answer = await client.get(f"{prefix}/summary/{job.job_id}")

    hashed = {"job_id": str(job.job_id), "results_sha256": job.output_sha256}
    assert await answer.json() == SUMMARY | hashed


async def test_a_job_without_results_has_no_summary(client: TestClient) -> None:
    answer = await client.get(f"/v1/video/summary/{await submitted(client)}")

    assert await problem(answer) == (404, "job_not_completed")
