import pytest
from aiohttp.test_utils import TestClient

from config.failures import FailureCode
from service.jobs.memory import MemoryJobs
from service.storage.local import LocalStorage
from service.web.catalog.query import cursor_of
from tests.unit.service.conftest import Serve
from tests.unit.service.web.samples import (
    DOCUMENT,
    VIDEO,
    AwayJobs,
    completed,
    failed,
    problem,
    running,
    submitted,
)

JOBS = "/v1/jobs"
BAD_QUERIES = {
    "an unknown status": "status=done",
    "no status": "status=",
    "no limit": "limit=0",
    "a limit too high": "limit=201",
    "a limit that is none": "limit=ten",
    "a limit in other digits": "limit=٣",
    "an unknown name": "state=failed",
    "a name twice": "limit=1&limit=2",
    "a cursor that is none": "cursor=!",
    "an empty cursor": "cursor=",
    "a cursor of one part": f"cursor={cursor_of('2026-01-01')}",
    "a cursor without a job": f"cursor={cursor_of('2026-01-01T00:00:00Z', 'x')}",
    "a cursor without a zone": f"cursor={cursor_of('2026-01-01T00:00:00', '0' * 32)}",
    "a cursor that is no UTF-8": "cursor=_w",
}


async def test_no_jobs_are_an_empty_page(client: TestClient) -> None:
    answer = await client.get(JOBS)

    assert await answer.json() == {"items": [], "next_cursor": None}


async def test_pages_follow_each_other_until_there_is_none(client: TestClient) -> None:
    accepted = [str(await submitted(client)) for _ in range(5)]
    seen, query = [], {"limit": "2"}
    while True:
        page = await (await client.get(JOBS, params=query)).json()
        seen.append([job["job_id"] for job in page["items"]])
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    assert seen == [accepted[4:2:-1], accepted[2:0:-1], accepted[:1]]


async def test_a_listed_job_says_what_was_asked_for(client: TestClient) -> None:
    job_id = await submitted(client, frame_stride="5")
    (job,) = (await (await client.get(JOBS)).json())["items"]

    assert job["created_at"] == job["updated_at"]
    assert job == {
        "job_id": str(job_id),
        "status": "pending",
        "progress": 0,
        "created_at": job["created_at"],
        "updated_at": job["updated_at"],
        "pipeline_id": "yolo_ocr",
        "options": {"frame_stride": 5, "max_frames": None, "region": "auto"},
        "name": "video.mp4",
        "input_bytes": len(VIDEO),
    }


async def test_a_list_of_failed_jobs_says_why(client: TestClient, jobs: MemoryJobs) -> None:
    job = await failed(client, jobs, FailureCode.NO_FRAMES, "the video has no picture")
    await submitted(client)
    page = await (await client.get(JOBS, params={"status": "failed"})).json()

    assert [item["job_id"] for item in page["items"]] == [str(job.job_id)]
    assert page["items"][0]["error_code"] == "no_frames"
    assert page["items"][0]["error_message"] == "the video has no picture"


@pytest.mark.parametrize("query", BAD_QUERIES.values(), ids=BAD_QUERIES)
async def test_a_query_that_cannot_be_understood_is_refused(client: TestClient, query: str) -> None:
    assert await problem(await client.get(f"{JOBS}?{query}")) == (400, "bad_option")


async def test_a_list_that_did_not_change_is_not_sent_again(client: TestClient) -> None:
    await submitted(client)
    known = {"If-None-Match": (await client.get(JOBS)).headers["ETag"]}
    same = await client.get(JOBS, headers=known)
    await submitted(client)
    changed = await client.get(JOBS, headers=known)

    assert (same.status, changed.status) == (304, 200)


async def test_a_pending_job_knows_its_place(client: TestClient) -> None:
    job_ids = [await submitted(client) for _ in range(3)]
    details = [await (await client.get(f"{JOBS}/{job_id}")).json() for job_id in job_ids]

    assert [detail["queue_position"] for detail in details] == [0, 1, 2]
    assert {detail["attempt"] for detail in details} == {0}


async def test_a_running_job_says_how_far_it_was_at_its_last_heartbeat(
    client: TestClient, jobs: MemoryJobs
) -> None:
    job = await running(client, jobs)
    await jobs.renew(job.lease, lease_seconds=60, frames_done=120, frames_expected=1000)
    detail = await (await client.get(f"{JOBS}/{job.job_id}")).json()

    assert (detail["frames_done"], detail["frames_expected"]) == (120, 1000)
    assert (detail["attempt"], detail["queue_position"]) == (1, None)


async def test_a_completed_job_names_the_hashes_of_what_went_in_and_came_out(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    job = await completed(client, jobs, storage)
    detail = await (await client.get(f"{JOBS}/{job.job_id}")).json()

    assert detail["input_sha256"] == job.input_sha256
    assert detail["results_sha256"] == job.output_sha256
    assert detail["results_bytes"] == len(DOCUMENT)
    assert (detail["frames_done"], detail["interruptions"]) == (None, 0)


@pytest.mark.parametrize("job_id", ["5224752e-be4f-4ec1-bd0f-89ffa7c77e4c", "1", "%00"])
async def test_an_unknown_job_has_no_detail(client: TestClient, job_id: str) -> None:
    assert await problem(await client.get(f"{JOBS}/{job_id}")) == (404, "job_not_found")


async def test_a_silent_database_is_reported_as_such(serve: Serve) -> None:
    client = await serve(jobs=AwayJobs())

    assert await problem(await client.get(JOBS)) == (503, "database_unavailable")
