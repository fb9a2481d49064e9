"""A job that was interrupted goes on where it is durable; a process remembers how many it gave."""

import asyncio
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from service.jobs.model import Status, results_key
from service.jobs.partial import load_segments, newest_partial, save_partial
from service.maintenance.removal import delete_files
from tests.unit.worker.conftest import LIMITS
from tests.unit.worker.scripted_child import SCRIPTED
from tests.waiting import until
from worker.process.executor import open_executor
from worker.process.protocol import Request

SOURCE, PUBLISHED = "ID.mp4", "ID_results.json"
LINES = ",\n".join(
    json.dumps(
        {"frame_index": n, "result": {"detections": [], "text": f"frame {n}", "timestamp_ms": n}}
    )
    for n in range(10)
)
DOCUMENT = f'{{"results": [\n{LINES}\n]}}'.encode()


async def run_to_its_end(bench, job) -> int:
    """How many attempts that took."""
    while (await bench.again(job)).status is Status.PENDING:
        await bench.run_next()
    return (await bench.again(job)).attempt


async def document_of(bench, job) -> bytes:
    return b"".join([chunk async for chunk in bench.storage.load(results_key(job.job_id))])


def changed(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("frames", [1, 5, 9, 10])
async def test_a_job_killed_at_a_segments_edge_goes_on_there(bench, frames):
    """Its process dies once after so many frames; begun again, it would die again."""
    job = await bench.submit(f"crash after {frames}")
    attempts = await run_to_its_end(bench, job)

    assert attempts == (1 if frames == 10 else 2)
    assert await document_of(bench, job) == DOCUMENT
    assert bench.files_of(job) == [SOURCE, f"ID_results.{attempts}.json", PUBLISHED]


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("segment.1.0", changed),
        ("segment.1.2", Path.unlink),
        ("segment.1.4", cut),
        ("checkpoint.1", changed),
        ("checkpoint.1", cut),
    ],
)
async def test_what_was_changed_is_not_gone_on_with(bench, name, spoil):
    job = await bench.submit("crash after 5")
    await bench.run_next()
    spoil(bench.folder / "video_jobs" / f"{job.job_id}_{name}")
    attempts = await run_to_its_end(bench, job)

    assert attempts == 3
    assert await document_of(bench, job) == DOCUMENT


async def test_what_another_program_has_left_is_not_gone_on_with(bench, settings):
    job = await bench.submit("crash after 5")
    await bench.run_next()
    other = settings.model_copy(update={"detector_weights": "others.pt"})
    async with open_executor(other, program=SCRIPTED, limits=LIMITS) as executor:
        newer = replace(bench, runner=replace(bench.runner, executor=executor))

        assert await run_to_its_end(newer, job) == 3
    assert await document_of(bench, job) == DOCUMENT


async def test_a_stopped_worker_leaves_what_it_has_to_the_next(bench, settings):
    job = await bench.submit("hang after 5")
    running = asyncio.create_task(bench.run_next())
    await until(lambda: has(bench, job, "ID_segment.1.4"))
    bench.executor.stop()
    await running
    async with open_executor(settings, program=SCRIPTED, limits=LIMITS) as executor:
        another = replace(bench, runner=replace(bench.runner, executor=executor, owner="host:2:b"))
        await another.run_next()
    done = await bench.again(job)

    assert (done.status, done.attempt, done.interruptions) == (Status.COMPLETED, 2, 1)
    assert hashlib.sha256(DOCUMENT).hexdigest() == done.output_sha256


async def test_an_attempt_that_was_given_up_and_goes_on_writing_does_no_harm(bench):
    """P2: it writes under names of its own, and changes nothing that the next one reads."""
    await bench.submit("crash after 5")
    await bench.run_next()
    second = await bench.claim()
    identity = await bench.runner.analyser.identity(second)
    found = await newest_partial(bench.storage, second, identity)
    first = replace(second.lease, attempt=1)
    await save_partial(bench.storage, first, found, [b"late"], frames=99, memory=b"99")

    so_far = b"".join([chunk async for chunk in load_segments(bench.storage, found)])
    assert (found.frames, found.memory) == (5, b"5")
    assert DOCUMENT.startswith(so_far)


async def test_an_attempt_goes_on_from_the_newest_before_it_that_has_come_anywhere(bench):
    job = await bench.submit("crash after 2")
    await bench.run_next()
    for frames, memory in ((4, b"4"), (5, b"5")):
        later = await bench.claim()
        before = await newest_partial(
            bench.storage, later, await bench.runner.analyser.identity(later)
        )
        lines = [f",\n{line}".encode() for line in LINES.split(",\n")[before.frames : frames]]
        await save_partial(bench.storage, later.lease, before, lines, frames=frames, memory=memory)
        await bench.runner.requeue(later, interrupted=True)
    came_nowhere = await bench.claim()
    await bench.runner.requeue(came_nowhere, interrupted=True)

    assert await run_to_its_end(bench, job) == 5
    assert await document_of(bench, job) == DOCUMENT
    assert bench.files_of(job) == [SOURCE, "ID_results.5.json", PUBLISHED]


async def test_a_job_that_is_deleted_while_it_runs_leaves_nothing(bench):
    job = await bench.submit("hang after 5")
    running = asyncio.create_task(bench.run_next())
    await until(lambda: has(bench, job, "ID_segment.1.4"))
    await delete_files(bench.storage, await bench.jobs.remove(job.job_id))
    await running

    assert bench.files_of(job) == []


async def test_a_job_that_has_failed_leaves_its_video_alone(bench):
    job = await bench.submit("corrupt after 5")
    await bench.run_next()

    assert (await bench.again(job)).error_code == "corrupt_video"
    assert bench.files_of(job) == [SOURCE]


async def test_frames_of_earlier_attempts_count_as_done(bench, tmp_path):
    video = tmp_path / "video"
    video.write_text("hang after 9")
    request = Request(str(video), "yolo_ocr", memory=b"5")
    analysis = bench.executor.analyse(request, frames_before=5)
    seen = set()
    while 9 not in seen:
        await anext(analysis)
        seen.add(bench.executor.progress_under_way.frames_analysed)
    await analysis.aclose()

    assert min(seen) > 5


async def has(bench, job, name: str) -> bool:
    return name in bench.files_of(job)
