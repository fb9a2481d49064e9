"""What becomes of a job in the worker, whatever happens on the way."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterable
from dataclasses import replace
from uuid import uuid4

import pytest

from service.jobs.errors import DatabaseUnavailable, StorageFull
from service.jobs.memory import MemoryJobs
from service.jobs.model import Options, Status, StoredFile, results_key
from service.storage.local import LocalStorage
from tests.waiting import is_gone, until
from worker.run_job import run_once

SOURCE = "ID.mp4"
ATTEMPT = "ID_results.1.json"
PUBLISHED = "ID_results.json"


async def stored(bench, key: str) -> bytes:
    return b"".join([piece async for piece in bench.storage.load(key)])


async def test_a_submitted_job_is_completed_with_its_results(bench):
    """TST-1, WRK-1, QUE-1: the worker pulls from the same queue the submission rang."""
    job = await bench.submit("good", options=Options(frame_stride=4, max_frames=2))

    assert await run_once(bench.runner, bench.queue)
    done = await bench.again(job)
    document = await stored(bench, results_key(job.job_id))
    assert done.status is Status.COMPLETED
    assert [frame["frame_index"] for frame in json.loads(document)["results"]] == [0, 4]
    assert hashlib.sha256(document).hexdigest() == done.output_sha256
    assert done.summary == {"pid": json.loads(document)["results"][0]["result"]["pid"]}
    assert bench.files_of(job) == [SOURCE, ATTEMPT, PUBLISHED]


async def test_results_are_nested_once(bench):
    """WRK-4: exactly {"results": [...]}, one frame a line."""
    job = await bench.submit("good")
    await run_once(bench.runner, bench.queue)
    lines = (await stored(bench, results_key(job.job_id))).decode().split("\n")

    assert lines[0] == '{"results": ['
    assert lines[-1] == "]}"
    assert [json.loads(line.rstrip(","))["frame_index"] for line in lines[1:-1]] == [0, 1, 2]


async def test_nothing_is_run_when_nothing_rings(bench):
    assert not await run_once(bench.runner, bench.queue)


async def test_a_second_ring_for_a_completed_job_changes_nothing(bench):
    job = await bench.submit("good")
    await bench.runner.run(job.job_id)
    done = await bench.again(job)
    await bench.runner.run(job.job_id)

    assert await bench.again(job) == done


async def test_a_ring_for_no_job_is_left_alone(bench):
    await bench.runner.run(uuid4())

    assert await bench.queue.size() == 0


async def test_a_corrupt_film_fails_its_job_and_the_next_completes(bench):
    """WRK-1, WRK-3, JOB-5: corrupt_video is final."""
    bad, good = await bench.submit("corrupt"), await bench.submit("good")
    while await run_once(bench.runner, bench.queue):
        pass
    failed = await bench.again(bad)

    assert (failed.status, failed.error_code) == (Status.FAILED, "corrupt_video")
    assert failed.attempt == 1
    assert failed.error_message == "The film's pictures cannot be decoded."
    assert bench.files_of(bad) == [SOURCE]
    assert (await bench.again(good)).status is Status.COMPLETED


async def test_a_crash_hands_the_job_back_until_it_has_crashed_three_times(bench):
    """JOB-2, JOB-3, JOB-5: a crash is worth another attempt, but not for ever."""
    job = await bench.submit("crash")
    statuses = []
    while await run_once(bench.runner, bench.queue):
        statuses.append((await bench.again(job)).status)
    failed = await bench.again(job)

    assert statuses == [Status.PENDING, Status.PENDING, Status.FAILED]
    assert (failed.attempt, failed.error_code) == (3, "pipeline_crashed")
    assert "SIGSEGV" in failed.error_message


async def test_an_unexpected_error_becomes_an_internal_error(bench):
    job = await bench.submit("raise")
    while await run_once(bench.runner, bench.queue):
        pass
    failed = await bench.again(job)

    assert (failed.status, failed.error_code) == (Status.FAILED, "internal_error")
    assert "ZeroDivisionError" in failed.error_message


async def test_a_stopped_worker_hands_its_job_back_without_counting_a_crash(bench):
    """WRK-2, JOB-2: rung again at once, for whoever is there."""
    job = await bench.submit("hang")
    running = asyncio.create_task(run_once(bench.runner, bench.queue))
    await until(lambda: is_at(bench, job, Status.RUNNING))
    bench.executor.stop()
    await running
    handed_back = await bench.again(job)

    assert (handed_back.status, handed_back.interruptions) == (Status.PENDING, 1)
    assert handed_back.crashes == 0
    assert bench.files_of(job) == [SOURCE]
    assert await bench.queue.dequeue() == job.job_id


async def test_a_film_that_is_gone_fails_its_job(bench):
    job = await bench.submit("good")
    await bench.storage.delete(job.input_path)
    await run_once(bench.runner, bench.queue)

    assert (await bench.again(job)).error_code == "input_missing"


async def test_a_film_that_lost_bytes_fails_its_job(bench):
    job = await bench.submit("good")
    (bench.folder / job.input_path).write_text("goo")
    await run_once(bench.runner, bench.queue)

    assert (await bench.again(job)).error_code == "input_missing"


class FullStorage(LocalStorage):
    """A volume with room for no results."""

    async def save(self, key: str, pieces: AsyncIterable[bytes]) -> StoredFile:
        raise StorageFull(key)


async def test_a_full_volume_fails_the_job_and_never_completes_it(bench):
    job = await bench.submit("good")
    await replace(bench.runner, storage=FullStorage(bench.folder)).run(job.job_id)
    failed = await bench.again(job)

    assert (failed.status, failed.error_code) == (Status.FAILED, "storage_full")


async def test_a_lease_is_renewed_while_the_film_is_analysed(bench, settings):
    job = await bench.submit("hang")
    quick = replace(bench.runner, settings=settings.model_copy(update={"lease_seconds": 0.4}))
    running = asyncio.create_task(quick.run(job.job_id))
    await until(lambda: is_at(bench, job, Status.RUNNING))
    first = (await bench.again(job)).lease_expires_at

    async def is_renewed() -> bool:
        return (await bench.again(job)).lease_expires_at > first

    await until(is_renewed)
    bench.executor.stop()
    await running


async def test_a_worker_that_lost_its_lease_drops_its_film_and_its_file(bench, settings):
    """The row belongs to the other worker from the moment its claim went through."""
    job = await bench.submit("hang")
    quick = replace(bench.runner, settings=settings.model_copy(update={"lease_seconds": 0.4}))
    running = asyncio.create_task(quick.run(job.job_id))
    await until(lambda: is_at(bench, job, Status.RUNNING))
    bench.clock.move_on(60)
    await bench.jobs.expire_leases(max_attempts=3)
    other = await bench.jobs.claim(job.job_id, owner="host:2:b", lease_seconds=60)
    await running

    assert await bench.again(job) == other
    assert bench.files_of(job) == [SOURCE]


async def test_a_process_is_ended_when_its_job_is_lost(bench, settings):
    job = await bench.submit("good")
    await bench.runner.run(job.job_id)
    pid = (await bench.again(job)).summary["pid"]
    lost = await bench.submit("hang")
    quick = replace(bench.runner, settings=settings.model_copy(update={"lease_seconds": 0.4}))
    running = asyncio.create_task(quick.run(lost.job_id))
    await until(lambda: is_at(bench, lost, Status.RUNNING))
    bench.clock.move_on(60)
    await bench.jobs.expire_leases(max_attempts=3)
    await running

    assert is_gone(pid)


class UncertainJobs(MemoryJobs):
    """A database whose connection breaks at the first completion: before the commit, or after."""

    def __init__(self, *, commits: bool) -> None:
        super().__init__()
        self._commits = commits
        self._broken = False

    async def complete(self, lease, results, *, summary) -> None:
        if self._broken or self._commits:
            await super().complete(lease, results, summary=summary)
        if not self._broken:
            self._broken = True
            raise DatabaseUnavailable("connection lost")


@pytest.mark.parametrize("commits", [False, True])
async def test_a_completion_that_got_no_answer_is_repeated(bench, commits):
    """A finished film is not analysed again, and its file is not taken for somebody else's."""
    uncertain = bench.with_jobs(UncertainJobs(commits=commits))
    job = await uncertain.submit("good")
    await uncertain.runner.run(job.job_id)
    done = await uncertain.again(job)

    assert (done.status, done.attempt) == (Status.COMPLETED, 1)
    assert bench.files_of(job) == [SOURCE, ATTEMPT, PUBLISHED]


async def is_at(bench, job, status: Status) -> bool:
    return (await bench.again(job)).status is status
