import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID, uuid4

import click
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from click.testing import CliRunner, Result

from config.failures import FailureCode
from service.cli.client.connected import DEFAULT_URL, run
from service.cli.main import COMMANDS
from service.client import Client, ServiceUnreachable
from service.errors import JobNotFound
from service.jobs.memory import MemoryJobs
from service.jobs.model import Job, Options, attempt_results_key
from service.queue.memory import MemoryQueue
from service.storage.local import LocalStorage
from tests.unit.service.web.samples import (
    DOCUMENT,
    SUMMARY,
    VIDEO,
    completed,
    failed,
    once,
    submitted,
)
from tests.waiting import until

CUT_OFF = SUMMARY | {"video": {"truncated": True, "frames_decoded": 7, "frames_expected": 9}}

Forgesyte = Callable[..., Awaitable[Result]]
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "video.mp4"
    path.write_bytes(VIDEO)
    return path


@pytest.fixture
def forgesyte(client: TestClient) -> Forgesyte:
    """Runs a client command against the live application, in a thread beside it."""
    return at(str(client.make_url("")))


def at(url: str) -> Forgesyte:
    group = click.Group(commands=COMMANDS)

    async def run(*arguments: str, **environ: str) -> Result:
        env = {"FORGESYTE_URL": url, "FORGESYTE_TOKEN": None, **environ}
        return await asyncio.to_thread(CliRunner().invoke, group, list(arguments), env=env)

    return run


async def next_claimed(jobs: MemoryJobs, queue: MemoryQueue) -> Job:
    """The next job that is rung for, as a worker takes it."""
    await until(queue.dequeue)
    job = await jobs.claim(owner="worker", lease_seconds=60)
    assert job is not None
    return job


async def test_submit_prints_the_job_id_and_nothing_else(
    forgesyte: Forgesyte, video: Path, jobs: MemoryJobs, folder: Path
) -> None:
    """API-1"""
    options = ("--frame-stride", "2", "--max-frames", "9", "--region", "br", "--fresh")
    result = await forgesyte("submit", str(video), *options)

    job = await jobs.get(UUID(result.stdout.strip()))
    assert result.exit_code == 0
    assert (job.options, job.fresh) == (Options(2, 9, "br"), True)
    assert (folder / job.input_path).read_bytes() == VIDEO


async def test_submit_can_wait_for_the_results(
    forgesyte: Forgesyte, video: Path, jobs: MemoryJobs, queue: MemoryQueue, storage: LocalStorage
) -> None:
    """API-4"""
    waiting = asyncio.create_task(forgesyte("submit", str(video), "--wait"))
    lease = (await next_claimed(jobs, queue)).lease
    stored = await storage.save(attempt_results_key(lease), once(DOCUMENT))
    await jobs.complete(lease, stored, summary=CUT_OFF)
    result = await waiting

    assert result.exit_code == 0
    assert json.loads(result.stdout)["job_id"] == str(lease.job_id)
    assert json.loads(result.stdout)["results"] == json.loads(DOCUMENT)["results"]
    assert "the video is damaged or ends early: 7 of 9 frames\n" in result.stderr


async def test_waiting_for_a_job_that_fails_says_why_and_fails(
    forgesyte: Forgesyte, video: Path, jobs: MemoryJobs, queue: MemoryQueue
) -> None:
    """Failure 9: error_message was stored and never shown."""
    waiting = asyncio.create_task(forgesyte("submit", str(video), "--wait"))
    lease = (await next_claimed(jobs, queue)).lease
    await jobs.fail(lease, FailureCode.NO_FRAMES, "the video has no picture")
    result = await waiting

    assert (result.exit_code, result.stdout) == (1, "")
    assert "failed, no_frames: the video has no picture" in result.stderr


async def test_status_of_a_completed_job_exits_with_0(
    forgesyte: Forgesyte, client: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    job = await completed(client, jobs, storage)
    result = await forgesyte("status", str(job.job_id))

    assert result.exit_code == 0
    assert json.loads(result.stdout)["status"] == "completed"


async def test_status_of_a_job_on_its_way_exits_with_1(
    forgesyte: Forgesyte, client: TestClient
) -> None:
    result = await forgesyte("status", str(await submitted(client)))

    assert result.exit_code == 1
    assert json.loads(result.stdout)["status"] == "pending"


async def test_status_of_a_failed_job_shows_its_error(
    forgesyte: Forgesyte, client: TestClient, jobs: MemoryJobs
) -> None:
    """Failure 9"""
    job = await failed(client, jobs, FailureCode.CORRUPT_VIDEO, "no frame could be decoded")
    result = await forgesyte("status", str(job.job_id))

    assert result.exit_code == 1
    assert json.loads(result.stdout)["error_message"] == "no frame could be decoded"


async def test_results_are_printed_as_the_service_sends_them(
    forgesyte: Forgesyte, client: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    job = await completed(client, jobs, storage)
    result = await forgesyte("results", str(job.job_id), "--format", "json")

    told = await (await client.get(f"/v1/video/results/{job.job_id}")).json()
    assert result.exit_code == 0
    assert json.loads(result.stdout) == told


async def test_a_folder_and_a_file_are_a_job_each(
    forgesyte: Forgesyte, video: Path, jobs: MemoryJobs, tmp_path: Path
) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    for name in ("b.MP4", "a.mp4", "notes.txt"):
        (folder / name).write_bytes(VIDEO)
    result = await forgesyte("submit", str(folder), str(video))

    job_ids = [line.split("  ")[0] for line in result.stdout.splitlines()]
    names = [(await jobs.get(UUID(job_id))).input_name for job_id in job_ids]
    assert result.exit_code == 0
    assert names == ["a.mp4", "b.MP4", "video.mp4"]


async def test_waiting_for_several_jobs_says_how_each_ended(
    forgesyte: Forgesyte, video: Path, jobs: MemoryJobs, queue: MemoryQueue, storage: LocalStorage
) -> None:
    waiting = asyncio.create_task(forgesyte("submit", str(video), str(video), "--wait"))
    first = (await next_claimed(jobs, queue)).lease
    stored = await storage.save(attempt_results_key(first), once(DOCUMENT))
    await jobs.complete(first, stored, summary=CUT_OFF)
    second = (await next_claimed(jobs, queue)).lease
    await jobs.fail(second, FailureCode.NO_FRAMES, "the video has no picture")
    result = await waiting

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{first.job_id}  completed  {video}",
        f"{second.job_id}  failed  {video}",
    ]
    assert f"{video} is damaged or ends early: 7 of 9 frames\n" in result.stderr


async def test_a_folder_without_videos_is_refused(tmp_path: Path) -> None:
    result = await at(NOWHERE)("submit", str(tmp_path))

    assert result.exit_code == 2
    assert f"there is no .mp4 in {tmp_path}" in result.stderr


async def test_jobs_are_listed_one_json_a_line_in_a_pipe(
    forgesyte: Forgesyte, client: TestClient, jobs: MemoryJobs
) -> None:
    await failed(client, jobs, FailureCode.CORRUPT_VIDEO, "no frame could be decoded")
    job_ids = [str(await submitted(client)) for _ in range(3)]
    everything = await forgesyte("list")
    two = await forgesyte("list", "--limit", "2", "--status", "pending")

    assert [json.loads(line)["status"] for line in everything.stdout.splitlines()] == [
        *["pending"] * 3,
        "failed",
    ]
    assert [json.loads(line)["job_id"] for line in two.stdout.splitlines()] == job_ids[:0:-1]
    assert two.stderr == "there are more; --limit 4 shows more of them\n"


async def test_a_job_is_deleted_only_after_a_yes(
    forgesyte: Forgesyte, client: TestClient, jobs: MemoryJobs
) -> None:
    job_id, other_id = await submitted(client), await submitted(client)
    asked = await forgesyte("delete", str(job_id))
    both = await forgesyte("delete", str(job_id), str(other_id))
    there = await jobs.get(job_id)
    deleted = await forgesyte("delete", "--yes", str(job_id))

    assert (asked.exit_code, there.job_id) == (1, job_id)
    assert f"Delete job {job_id} with its video and results?" in asked.stderr
    assert "Delete 2 jobs with their videos and results?" in both.stderr
    assert (deleted.exit_code, deleted.stderr) == (0, f"job {job_id} deleted\n")
    with pytest.raises(JobNotFound):
        await jobs.get(job_id)


async def test_nobody_is_asked_whether_to_delete_what_is_not_there(forgesyte: Forgesyte) -> None:
    refused = await forgesyte("delete", str(uuid4()))

    assert refused.exit_code == 1
    assert "job_not_found" in refused.stderr
    assert "Delete job" not in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["submit", "VIDEO", "--pipeline", "nonsense"], "pipeline_not_found"),
        (["submit", "TEXT"], "invalid_mp4"),
        (["submit", "EMPTY"], "empty_upload"),
        (["status", "00000000-0000-0000-0000-000000000000"], "job_not_found"),
        (["results", "PENDING"], "job_not_completed"),
    ],
)
async def test_a_refusal_is_one_line(
    forgesyte: Forgesyte,
    client: TestClient,
    video: Path,
    tmp_path: Path,
    arguments: list[str],
    says: str,
) -> None:
    named = {"VIDEO": str(video), "TEXT": str(tmp_path / "text"), "EMPTY": str(tmp_path / "empty")}
    (tmp_path / "text").write_text("this is not a video")
    (tmp_path / "empty").touch()
    named["PENDING"] = str(await submitted(client))
    result = await forgesyte(*[named.get(argument, argument) for argument in arguments])

    assert (result.exit_code, result.stdout) == (1, "")
    assert says in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["submit", "no such file"],
        ["submit", "VIDEO", "--frame-stride", "0"],
        ["status", "1"],
        ["results", "00000000-0000-0000-0000-000000000000", "--format", "xml"],
    ],
)
async def test_a_wrong_argument_is_reported_before_anything_is_sent(
    video: Path, arguments: list[str]
) -> None:
    named = [str(video) if argument == "VIDEO" else argument for argument in arguments]
    result = await at(NOWHERE)(*named)

    assert result.exit_code == 2
    assert "Error: Invalid value" in result.stderr


@pytest.mark.parametrize("url", [NOWHERE, "no address", "127.0.0.1:8080", "http://a..b", "//host"])
async def test_a_service_that_is_not_there_is_one_line(video: Path, url: str) -> None:
    result = await at(url)("submit", str(video))

    assert (result.exit_code, result.stdout) == (1, "")
    assert url in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(("url", "is_told"), [(DEFAULT_URL, True), (NOWHERE, False)])
def test_who_gave_no_url_is_told_how_to_give_one(url: str, is_told: bool) -> None:
    async def unreachable(_: Client) -> None:
        raise ServiceUnreachable("cannot reach it")

    with pytest.raises(click.ClickException) as raised:
        run(unreachable, url, None)

    assert ("FORGESYTE_URL" in str(raised.value)) is is_told


@pytest.mark.parametrize(
    ("url", "token"), [("http://u:p@127.0.0.1:1", "t0ken"), (NOWHERE, "two\nlines")]
)
async def test_a_token_that_cannot_be_sent_is_one_line(video: Path, url: str, token: str) -> None:
    result = await at(url)("submit", str(video), "--token", token)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "token" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


async def test_another_web_server_is_one_line(
    video: Path, aiohttp_server: Callable[..., Awaitable[web.Server]]
) -> None:
    server = await aiohttp_server(web.Application())
    result = await at(str(server.make_url("")))("submit", str(video))

    assert result.exit_code == 1
    assert "responded with 404; is this a ForgeSyte service?" in result.stderr


async def test_the_token_is_sent_as_a_bearer_token(
    video: Path, aiohttp_server: Callable[..., Awaitable[web.Server]]
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"job_id": request.headers["Authorization"]}, status=202)

    app = web.Application()
    app.router.add_post("/v1/video/submit", answer)
    server = await aiohttp_server(app)
    result = await at(str(server.make_url("")))("submit", str(video), FORGESYTE_TOKEN="t0ken")

    assert result.stdout == "Bearer t0ken\n"
