import re
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp.test_utils import TestClient

from config.regions import ANYWHERE, REGIONS
from service.jobs.memory import MemoryJobs
from service.jobs.model import Options, Status
from service.queue.memory import MemoryQueue
from tests.queues import SilentQueue
from tests.unit.service.conftest import Serve
from tests.unit.service.web.samples import RAW, VIDEO, form, problem, submitted

SUBMIT = "/v1/video/submit"


def videos_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_form_becomes_a_stored_pending_job_that_wakes_a_worker(
    client: TestClient, jobs: MemoryJobs, queue: MemoryQueue, folder: Path
) -> None:
    """API-1"""
    answer = await client.post(SUBMIT, data=form())

    job_id = UUID((await answer.json())["job_id"])
    job = await jobs.get(job_id)
    assert answer.status == 202
    assert answer.headers["Location"] == f"/v1/video/status/{job_id}"
    assert int(answer.headers["Retry-After"]) > 0
    assert (job.status, job.pipeline_id, job.options) == (Status.PENDING, "yolo_ocr", Options())
    assert (folder / job.input_path).read_bytes() == VIDEO
    assert await queue.dequeue() == job_id


async def test_a_raw_body_is_taken_too(client: TestClient, jobs: MemoryJobs, folder: Path) -> None:
    """API-1"""
    answer = await client.post(SUBMIT, data=VIDEO, headers=RAW)

    job = await jobs.get(UUID((await answer.json())["job_id"]))
    assert (folder / job.input_path).read_bytes() == VIDEO


async def test_the_short_address_takes_videos_and_names_its_own_status(client: TestClient) -> None:
    """API-5"""
    answer = await client.post("/video/submit", data=form())

    status = await client.get(answer.headers["Location"])
    assert answer.headers["Location"].startswith("/video/status/")
    assert status.status == 200


async def test_a_video_of_many_chunks_arrives_whole(
    client: TestClient, jobs: MemoryJobs, folder: Path
) -> None:
    video = VIDEO + b"0123456789abcdef" * 200_000
    answer = await client.post(SUBMIT, data=form(video))

    job = await jobs.get(UUID((await answer.json())["job_id"]))
    assert job.input_bytes == len(video)
    assert (folder / job.input_path).read_bytes() == video


async def test_options_may_come_after_the_video(client: TestClient, jobs: MemoryJobs) -> None:
    asked = {"pipeline_id": "detect_only", "frame_stride": "5", "max_frames": "7", "region": "br"}
    job_id = await submitted(client, **asked)

    job = await jobs.get(job_id)
    assert (job.pipeline_id, job.options) == ("detect_only", Options(5, 7, "br"))


async def test_a_country_may_be_named_in_capitals_as_iso_does(
    client: TestClient, jobs: MemoryJobs
) -> None:
    job = await jobs.get(await submitted(client, region="DE"))

    assert job.options.region == "de"


async def test_a_client_may_ask_for_a_fresh_analysis(client: TestClient, jobs: MemoryJobs) -> None:
    asked = [await submitted(client, fresh=value) for value in ("true", "false")]

    assert [(await jobs.get(job_id)).fresh for job_id in asked] == [True, False]


async def test_options_may_come_in_the_query(client: TestClient, jobs: MemoryJobs) -> None:
    asked = {"pipeline_id": "ocr_only", "max_frames": "3"}
    answer = await client.post(SUBMIT, data=VIDEO, headers=RAW, params=asked)

    job = await jobs.get(UUID((await answer.json())["job_id"]))
    assert (job.pipeline_id, job.options) == ("ocr_only", Options(1, 3))


async def test_a_silent_queue_does_not_refuse_a_video(serve: Serve, jobs: MemoryJobs) -> None:
    """API-1"""
    client = await serve(queue=SilentQueue())

    job = await jobs.get(await submitted(client))
    assert job.status is Status.PENDING


async def test_an_unknown_region_is_refused_and_the_known_ones_are_named(
    client: TestClient,
) -> None:
    answer = await client.post(SUBMIT, data=form(region="atlantis"))

    named = re.findall(r"\b(?:auto|[a-z]{2})\b", (await answer.json())["detail"])
    assert await problem(answer) == (400, "bad_option")
    assert {ANYWHERE, *REGIONS} <= set(named)


@pytest.mark.parametrize("where", ["query", "form"])
async def test_an_unknown_pipeline_is_refused_and_the_known_ones_are_named(
    client: TestClient, folder: Path, where: str
) -> None:
    """Failure 9: an unknown pipeline was accepted."""
    if where == "query":
        answer = await client.post(f"{SUBMIT}?pipeline_id=nonsense", data=form())
    else:
        answer = await client.post(SUBMIT, data=form(pipeline_id="nonsense"))

    detail = (await answer.json())["detail"]
    assert await problem(answer) == (404, "pipeline_not_found")
    assert all(name in detail for name in ("yolo_ocr", "ocr_only", "detect_only"))
    assert videos_in(folder) == []


async def test_a_pipeline_that_lacks_a_setting_is_refused_and_the_setting_named(
    client: TestClient, serve: Serve, folder: Path
) -> None:
    refused = await client.post(f"{SUBMIT}?pipeline_id=objects_and_text", data=form())
    equipped = await serve(object_weights="cars.pt")
    accepted = await equipped.post(f"{SUBMIT}?pipeline_id=objects_and_text", data=form())

    assert await problem(refused) == (404, "pipeline_not_found")
    assert "needs FORGESYTE_OBJECT_WEIGHTS" in (await refused.json())["detail"]
    assert accepted.status == 202


async def test_the_same_key_and_video_give_the_same_job_and_keep_one_file(
    client: TestClient, folder: Path
) -> None:
    key = {"Idempotency-Key": "3f0c"}
    first = await client.post(SUBMIT, data=form(frame_stride="2"), headers=key)
    again = await client.post(SUBMIT, data=form(frame_stride="2"), headers=key)

    assert again.status == 202
    assert await again.json() == await first.json()
    assert len(videos_in(folder)) == 1


@pytest.mark.parametrize(
    "second",
    [
        {"video": VIDEO + b"!"},
        {"frame_stride": "3"},
        {"pipeline_id": "ocr_only"},
        {"fresh": "true"},
    ],
)
async def test_the_same_key_with_anything_else_is_a_conflict(
    client: TestClient, folder: Path, second: dict[str, str]
) -> None:
    key = {"Idempotency-Key": "3f0c"}
    await client.post(SUBMIT, data=form(), headers=key)
    answer = await client.post(SUBMIT, data=form(**second), headers=key)

    assert await problem(answer) == (409, "idempotency_key_reused")
    assert len(videos_in(folder)) == 1


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "schlüssel"])
async def test_a_key_that_is_none_is_refused(client: TestClient, key: str) -> None:
    answer = await client.post(SUBMIT, data=form(), headers={"Idempotency-Key": key})

    assert await problem(answer) == (400, "bad_option")
