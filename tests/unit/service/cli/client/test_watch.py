import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient
from click.testing import CliRunner, Result

from config.failures import FailureCode
from service.cli.main import main
from service.jobs.memory import MemoryJobs
from service.jobs.model import Job, attempt_results_key
from service.queue.memory import MemoryQueue
from service.storage.local import LocalStorage
from tests.unit.service.conftest import Serve
from tests.unit.service.web.samples import DOCUMENT, VIDEO, once
from tests.waiting import until

Watch = Callable[..., Awaitable[Result]]


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "my recordings"
    folder.mkdir()
    return folder


@pytest.fixture
def watch(client: TestClient, recordings: Path) -> Watch:
    """Watches the folder until all that is in it is done."""

    async def run(*arguments: str) -> Result:
        line = ["watch", str(recordings), "--once", *arguments]
        env = {"FORGESYTE_URL": str(client.make_url("")), "FORGESYTE_TOKEN": None}
        return await asyncio.to_thread(CliRunner().invoke, main, line, env=env)

    return run


@asynccontextmanager
async def a_worker(
    jobs: MemoryJobs, queue: MemoryQueue, end: Callable[[Job], Awaitable[None]]
) -> AsyncIterator[list[Job]]:
    """Claims what is submitted, one after the other, and ends it; the jobs it had."""
    had: list[Job] = []

    async def work() -> None:
        while True:
            await until(queue.dequeue)
            job = await jobs.claim(owner="worker", lease_seconds=60)
            assert job is not None
            had.append(job)
            await end(job)

    task = asyncio.create_task(work())
    yield had
    task.cancel()
    await asyncio.wait([task])


@pytest.fixture
async def had(
    jobs: MemoryJobs, queue: MemoryQueue, storage: LocalStorage
) -> AsyncIterator[list[Job]]:
    """The jobs that a worker had, each of which it completed."""

    async def complete(job: Job) -> None:
        stored = await storage.save(attempt_results_key(job.lease), once(DOCUMENT))
        await jobs.complete(job.lease, stored, summary={"texts": []})

    async with a_worker(jobs, queue, complete) as jobs_had:
        yield jobs_had


async def test_results_are_written_beside_each_video_that_is_there(
    watch: Watch, recordings: Path, had: list[Job]
) -> None:
    for name in ("a.mp4", "b.MP4", ".hidden.mp4", "notes.txt"):
        (recordings / name).write_bytes(VIDEO)
    result = await watch("--frame-stride", "5")

    assert result.exit_code == 0, result.stderr
    assert sorted(job.input_name or "" for job in had) == ["a.mp4", "b.MP4"]
    assert {job.options.frame_stride for job in had} == {5}
    for name in ("a.mp4", "b.MP4"):
        document = json.loads((recordings / f"{name}.results.json").read_bytes())
        assert document["results"] == json.loads(DOCUMENT)["results"]
    assert len(list(recordings.iterdir())) == 6


async def test_what_is_done_is_not_submitted_again_until_it_changes(
    watch: Watch, recordings: Path, had: list[Job]
) -> None:
    video = recordings / "a.mp4"
    video.write_bytes(VIDEO)
    await watch()
    await watch()
    once_done = len(had)
    seen = video.stat().st_mtime_ns
    os.utime(video, ns=(seen + 10**9, seen + 10**9))
    await watch()

    assert (once_done, len(had)) == (1, 2)


async def test_a_video_from_the_future_is_done_once(
    watch: Watch, recordings: Path, had: list[Job]
) -> None:
    video = recordings / "a.mp4"
    video.write_bytes(VIDEO)
    os.utime(video, (4e9, 4e9))
    await watch()
    await watch()

    assert len(had) == 1


async def test_ended_and_started_again_it_goes_on_with_the_same_job(
    watch: Watch, recordings: Path, had: list[Job]
) -> None:
    video = recordings / "a.mp4"
    video.write_bytes(VIDEO)
    await watch()
    (recordings / "a.mp4.results.json").unlink()
    await watch()

    assert len(had) == 1
    assert (recordings / "a.mp4.results.json").exists()


async def test_what_fails_has_its_reason_beside_it_and_the_others_go_on(
    watch: Watch, recordings: Path, jobs: MemoryJobs, queue: MemoryQueue
) -> None:
    (recordings / "a.mp4").write_bytes(VIDEO)
    (recordings / "b.mp4").write_bytes(b"this is not a video")

    async def fail(job: Job) -> None:
        await jobs.fail(job.lease, FailureCode.NO_FRAMES, "the video has no picture")

    async with a_worker(jobs, queue, fail):
        result = await watch()

    assert result.exit_code == 1
    assert result.stderr.endswith("Error: 2 videos failed; see *.error.txt\n")
    assert "no_frames: the video has no picture" in (recordings / "a.mp4.error.txt").read_text()
    assert "invalid_mp4" in (recordings / "b.mp4.error.txt").read_text()


@pytest.mark.parametrize("arguments", [(), ("--token", "revoked")], ids=["none", "revoked"])
async def test_without_a_token_that_is_known_it_stops_and_blames_no_video(
    serve: Serve, recordings: Path, arguments: tuple[str, ...]
) -> None:
    client = await serve(auth="required")
    for name in ("a.mp4", "b.mp4"):
        (recordings / name).write_bytes(VIDEO)
    line = ["watch", str(recordings), "--url", str(client.make_url("")), *arguments]
    env = {"FORGESYTE_TOKEN": None}
    result = await asyncio.to_thread(CliRunner().invoke, main, line, env=env)

    assert result.exit_code == 1
    assert "(unauthorized); set FORGESYTE_TOKEN" in result.stderr.splitlines()[-1]
    assert sorted(path.name for path in recordings.iterdir()) == ["a.mp4", "b.mp4"]
