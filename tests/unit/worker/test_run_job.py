"""What becomes of a job in the worker, whatever happens on the way."""

import asyncio
import hashlib
import json
import math
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import asdict, replace
from pathlib import Path
from uuid import uuid4

import pytest

from service.errors import (
    DatabaseRefused,
    DatabaseUnavailable,
    FileMissing,
    StorageFull,
    StorageNotShared,
    StorageNotWritable,
    StorageUnavailable,
)
from service.jobs.memory import MemoryJobs
from service.jobs.model import Options, Status, results_key, stored_keys
from service.jobs.operations.base import Role
from service.storage.base import StoredFile
from service.storage.local import LocalStorage
from service.web.catalog.listing import detail_document
from tests.unit.service.workers import announced
from tests.unit.worker.scripted_child import pids_in
from tests.waiting import is_gone, until
from worker.run_job import run_once

SOURCE = "ID.mp4"
ATTEMPT = "ID_results.1.json"
PUBLISHED = "ID_results.json"


async def stored(bench, key: str) -> bytes:
    return b"".join([chunk async for chunk in bench.storage.load(key)])


async def test_a_submitted_job_is_completed_with_its_results(bench):
    """TST-1, WRK-1, QUE-1: the worker pulls from the same queue the submission filled."""
    job = await bench.submit("good", options=Options(frame_stride=4, max_frames=2, region="br"))

    assert await run_once(bench.runner, bench.queue)
    done = await bench.again(job)
    document = await stored(bench, results_key(job.job_id))
    assert done.status is Status.COMPLETED
    assert [frame["frame_index"] for frame in json.loads(document)["results"]] == [0, 4]
    assert hashlib.sha256(document).hexdigest() == done.output_sha256
    summary = await bench.jobs.summary(job.job_id)
    assert summary["provenance"]["options"] == asdict(job.options)
    assert [summary["pid"]] == pids_in(json.loads(document)["results"][0])
    assert bench.files_of(job) == [SOURCE, ATTEMPT, PUBLISHED]


async def test_results_are_nested_once(bench):
    """WRK-4: exactly {"results": [...]}, one frame a line."""
    job = await bench.submit("good")
    await run_once(bench.runner, bench.queue)
    lines = (await stored(bench, results_key(job.job_id))).decode().split("\n")

    assert lines[0] == '{"results": ['
    assert lines[-1] == "]}"
    assert [json.loads(line.rstrip(","))["frame_index"] for line in lines[1:-1]] == [0, 1, 2]


async def test_nothing_is_run_when_nothing_is_enqueued(bench):
    assert not await run_once(bench.runner, bench.queue)


async def test_an_id_decides_nothing_the_oldest_row_is_run(bench):
    """QUE-1: it wakes the worker, and the row decides which job that worker takes."""
    first, second = await bench.submit("good"), await bench.submit("good")
    await bench.queue.dequeue()
    await run_once(bench.runner, bench.queue)

    assert (await bench.again(first)).status is Status.COMPLETED
    assert (await bench.again(second)).status is Status.PENDING


async def test_an_id_of_no_pending_job_changes_nothing(bench):
    job = await bench.submit("good")
    await bench.run_next()
    done = await bench.again(job)
    await bench.queue.enqueue(uuid4())
    while await run_once(bench.runner, bench.queue):
        pass

    assert await bench.again(job) == done


async def test_a_corrupt_video_fails_its_job_and_the_next_completes(bench):
    """WRK-1, WRK-3, JOB-5: corrupt_video is final."""
    bad, good = await bench.submit("corrupt"), await bench.submit("good")
    while await run_once(bench.runner, bench.queue):
        pass
    failed = await bench.again(bad)

    assert (failed.status, failed.error_code) == (Status.FAILED, "corrupt_video")
    assert failed.attempt == 1
    assert failed.error_message == "The video's pictures cannot be decoded."
    assert bench.files_of(bad) == [SOURCE]
    assert (await bench.again(good)).status is Status.COMPLETED


async def test_a_crash_requeues_the_job_until_it_has_crashed_three_times(bench):
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


async def test_a_stopped_worker_requeues_its_job_without_counting_a_crash(bench):
    """WRK-2, JOB-2: a worker is woken at once, whoever is there."""
    job = await bench.submit("hang")
    running = asyncio.create_task(run_once(bench.runner, bench.queue))
    await until(lambda: is_at(bench, job, Status.RUNNING))
    bench.executor.stop()
    await running
    requeued = await bench.again(job)

    assert (requeued.status, requeued.interruptions) == (Status.PENDING, 1)
    assert requeued.crashes == 0
    assert bench.files_of(job) == [SOURCE]
    assert await bench.queue.dequeue() == job.job_id


async def test_a_video_that_is_gone_fails_its_job(bench):
    job = await bench.submit("good")
    await bench.storage.delete(job.input_path)
    async with announced(bench.jobs, bench.storage, role=Role.WEB):
        await run_once(bench.runner, bench.queue)

    assert (await bench.again(job)).error_code == "input_missing"


@pytest.mark.parametrize("webs", [[], ["elsewhere"], [".", "elsewhere"]])
async def test_a_video_that_may_be_in_another_storage_is_not_taken_for_lost(bench, webs):
    """P1: without web, or with one of another storage, nobody knows where it was stored."""
    job = await bench.submit("good")
    await bench.storage.delete(job.input_path)
    async with AsyncExitStack() as alive:
        for folder in webs:
            storage = LocalStorage(bench.folder / folder)
            web = announced(bench.jobs, storage, process=folder, role=Role.WEB)
            await alive.enter_async_context(web)
        with pytest.raises(StorageNotShared, match="FORGESYTE_STORAGE_URL"):
            await run_once(bench.runner, bench.queue)
    requeued = await bench.again(job)

    assert (requeued.status, requeued.crashes) == (Status.PENDING, 0)


@pytest.mark.parametrize("changed", ["goo", "slow"], ids=["shorter", "as long"])
async def test_a_video_that_is_not_the_one_accepted_fails_its_job(bench, changed):
    """P6: results never stand under the hash of another video, be it as long as the first."""
    job = await bench.submit("good")
    (bench.folder / job.input_path).write_text(changed)
    async with announced(bench.jobs, bench.storage, role=Role.WEB):
        await run_once(bench.runner, bench.queue)

    assert (await bench.again(job)).error_code == "input_missing"


class FullStorage(LocalStorage):
    """A volume with room for no results."""

    async def save(self, key: str, chunks: AsyncIterable[bytes]) -> StoredFile:
        raise StorageFull(key)


async def test_a_full_volume_fails_the_job_and_never_completes_it(bench):
    job = await bench.submit("good")
    await replace(bench.runner, storage=FullStorage(bench.folder)).run(await bench.claim())
    failed = await bench.again(job)

    assert (failed.status, failed.error_code) == (Status.FAILED, "storage_full")


class ReadOnlyStorage(LocalStorage):
    """A volume that was mounted read-only."""

    async def save(self, key: str, chunks: AsyncIterable[bytes]) -> StoredFile:
        raise StorageNotWritable(key)


async def test_a_volume_that_may_not_be_written_to_fails_the_job_and_says_so(bench):
    """P6, fault 41; what it raises keeps the worker from the next."""
    job = await bench.submit("good")
    with pytest.raises(StorageNotWritable):
        await bench.with_storage(ReadOnlyStorage(bench.folder)).run_next()
    failed = await bench.again(job)

    assert (failed.status, failed.error_code) == (Status.FAILED, "storage_full")
    assert failed.error_message == "The worker may not write to its storage."


class AwayForAWhile(LocalStorage):
    """A storage that cannot be written to at first."""

    refusals = 3.0
    refused = 0

    async def save(self, key: str, chunks: AsyncIterable[bytes]) -> StoredFile:
        if self.refusals:
            self.refusals -= 1
            self.refused += 1
            raise StorageUnavailable(key)
        return await super().save(key, chunks)


async def is_refused_again(storage: AwayForAWhile) -> bool:
    return storage.refused > 1


async def assert_waited_for(bench, job):
    """The next attempt is interrupted and counts as no crash; the one after completes the job."""
    await bench.run_next()
    waiting = await bench.again(job)
    await bench.run_next()
    done = await bench.again(job)

    assert (waiting.status, waiting.crashes) == (Status.PENDING, 0)
    assert (done.status, done.attempt) == (Status.COMPLETED, 2)


async def test_a_job_waits_for_a_storage_that_is_away_and_no_crash_is_counted(bench, monkeypatch):
    monkeypatch.setattr("worker.run_job.RETRY_SECONDS", 0.01)
    job = await bench.submit("good")
    away = bench.with_storage(AwayForAWhile(bench.folder))
    await assert_waited_for(away, job)

    assert away.storage.refusals == 0


async def test_a_video_on_a_file_server_that_is_away_costs_no_crash(bench, monkeypatch):
    """P5: it was ffmpeg that met the error, in the pipeline's process."""
    monkeypatch.setattr("worker.run_job.RETRY_SECONDS", 0.01)
    await assert_waited_for(bench, await bench.submit("away at first"))


class GoneThenAway(AwayForAWhile):
    """A storage that says that nothing is there, and then nothing at all for a while."""

    def local_file(self, key: str) -> AbstractAsyncContextManager[Path]:
        if self.refusals:
            raise FileMissing(key)
        return super().local_file(key)

    async def load(self, key: str) -> AsyncIterator[bytes]:
        if self.refusals:
            raise StorageUnavailable(key)
        async for chunk in super().load(key):
            yield chunk


async def test_a_storage_that_is_away_when_it_is_asked_for_a_lost_video_costs_no_crash(
    bench, monkeypatch
):
    monkeypatch.setattr("worker.run_job.RETRY_SECONDS", 0.01)
    job = await bench.submit("good")
    away = bench.with_storage(GoneThenAway(bench.folder))
    async with announced(bench.jobs, LocalStorage(bench.folder), role=Role.WEB):
        await assert_waited_for(away, job)


async def test_a_worker_that_is_stopped_while_it_waits_for_a_storage_requeues_its_job(bench):
    job = await bench.submit("good")
    storage = AwayForAWhile(bench.folder)
    storage.refusals = math.inf
    running = asyncio.create_task(bench.with_storage(storage).run_next())
    await until(lambda: is_refused_again(storage))
    bench.executor.stop()
    await running
    requeued = await bench.again(job)

    assert (requeued.status, requeued.crashes) == (Status.PENDING, 0)


async def test_a_lease_is_renewed_while_the_video_is_analysed(bench):
    job = await bench.submit("hang")
    quick = bench.with_lease(0.4)
    claimed = await quick.claim()
    running = asyncio.create_task(quick.runner.run(claimed))
    first = claimed.lease_expires_at

    async def is_renewed() -> bool:
        return (await bench.again(job)).lease_expires_at > first

    await until(is_renewed)
    bench.executor.stop()
    await running


async def test_a_worker_that_lost_its_lease_drops_its_video_and_its_file(bench):
    """The row belongs to the other worker from the moment its claim went through."""
    job = await bench.submit("hang")
    quick = bench.with_lease(0.4)
    running = asyncio.create_task(quick.run_next())
    await until(lambda: is_at(bench, job, Status.RUNNING))
    other = await taken_over(bench)
    await running

    assert await bench.again(job) == other
    assert bench.files_of(job) == [SOURCE]


class OvertakenJobs(MemoryJobs):
    """A database in which somebody else takes the job over just before it is completed."""

    overtake = None

    async def complete(self, lease, results, *, summary) -> None:
        await self.overtake()
        await super().complete(lease, results, summary=summary)


async def test_results_that_are_too_late_are_no_file_of_anybody(bench):
    """P2, P10: written to the end, refused by the fence, gone."""
    jobs = OvertakenJobs(bench.clock)
    overtaken = bench.with_jobs(jobs)
    jobs.overtake = lambda: taken_over(overtaken)
    job = await overtaken.submit("good")
    await overtaken.run_next()
    now = await overtaken.again(job)

    assert (now.status, now.lease_owner) == (Status.RUNNING, OTHER)
    assert bench.files_of(job) == [SOURCE]


async def test_a_process_is_ended_when_its_job_is_lost(bench):
    job = await bench.submit("good")
    await bench.run_next()
    pid = (await bench.jobs.summary(job.job_id))["pid"]
    lost = await bench.submit("hang")
    quick = bench.with_lease(0.4)
    running = asyncio.create_task(quick.run_next())
    await until(lambda: is_at(bench, lost, Status.RUNNING))
    bench.clock.move_on(60)
    await bench.jobs.expire_leases(max_attempts=3)
    await running

    assert is_gone(pid)


async def test_a_process_is_ended_when_its_job_is_deleted_long_before_its_heartbeat(bench):
    """The lease of this bench is 20 seconds."""
    job = await bench.submit("hang")
    running = asyncio.create_task(bench.run_next())
    await until(lambda: is_at(bench, job, Status.RUNNING))
    await deleted(bench, job)
    await asyncio.wait_for(running, timeout=2)

    assert bench.files_of(job) == []


async def test_a_running_job_says_how_far_it_is_long_before_its_heartbeat(bench):
    """The scripted process expects 50 frames of every video; a heartbeat comes after 15 minutes."""
    bench = bench.with_lease(3600)
    job = await bench.submit("trickle")
    running = asyncio.create_task(bench.run_next())
    seen = set()

    async def has_moved() -> bool:
        detail = detail_document(await bench.jobs.detail(job.job_id))
        if detail["frames_expected"]:
            seen.add((detail["frames_done"], detail["frames_expected"]))
        return len(seen) == 2

    await until(has_moved)
    await deleted(bench, job)
    await running

    (first, expected), (second, still) = sorted(seen)
    assert (expected, still) == (50, 50)
    assert first < second


class DeletedOnTheWay(LocalStorage):
    """A storage in which a job is deleted while its results get their second name."""

    delete_job = None

    async def publish(self, key: str, public_key: str) -> None:
        chunks = [chunk async for chunk in self.load(key)]
        await self.delete_job()

        async def linked_before() -> AsyncIterator[bytes]:
            for chunk in chunks:
                yield chunk

        await self.save(public_key, linked_before())


async def test_results_published_after_their_job_was_deleted_are_no_file_of_anybody(bench):
    """P10: whoever deletes does not meet a second name that is just being given."""
    storage = DeletedOnTheWay(bench.folder)
    overtaken = replace(bench, storage=storage, runner=replace(bench.runner, storage=storage))
    job = await overtaken.submit("good")
    storage.delete_job = lambda: deleted(overtaken, job)
    await overtaken.run_next()

    assert bench.files_of(job) == []


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
    """A finished video is not analysed again, and its file is not taken for somebody else's."""
    uncertain = bench.with_jobs(UncertainJobs(commits=commits))
    job = await uncertain.submit("good")
    await uncertain.run_next()
    done = await uncertain.again(job)

    assert (done.status, done.attempt) == (Status.COMPLETED, 1)
    assert bench.files_of(job) == [SOURCE, ATTEMPT, PUBLISHED]


class RefusingJobs(MemoryJobs):
    """A database that can never take what was found: a limit, a type, a constraint."""

    async def complete(self, lease, results, *, summary) -> None:
        raise DatabaseRefused("22P05: unsupported Unicode escape sequence")


async def test_a_job_whose_results_the_database_refuses_has_failed(bench):
    """JOB-5: at once and with a code, not after three lost leases."""
    refusing = bench.with_jobs(RefusingJobs(bench.clock))
    job = await refusing.submit("good")
    await refusing.run_next()
    failed = await refusing.again(job)

    assert (failed.status, failed.error_code) == (Status.FAILED, "internal_error")
    assert failed.attempt == 1
    assert bench.files_of(job) == [SOURCE]


class SlowToComplete(MemoryJobs):
    """A database that takes longer over a completion than a lease lasts."""

    renewed = 0

    async def renew(self, lease, **changes) -> None:
        await super().renew(lease, **changes)
        self.renewed += 1

    async def complete(self, lease, results, *, summary) -> None:
        before = self.renewed
        await until(lambda: self.renewed > before + 5)
        await super().complete(lease, results, summary=summary)


async def test_the_lease_is_renewed_until_the_completion_is_through(bench):
    slow = bench.with_jobs(SlowToComplete(bench.clock)).with_lease(0.4)
    job = await slow.submit("good")
    await slow.run_next()

    assert (await slow.again(job)).status is Status.COMPLETED


class BrokenHeartbeats(MemoryJobs):
    """A database at whose first heartbeats something happens that is on no list."""

    tried = 0

    async def renew(self, lease, **changes) -> None:
        self.tried += 1
        if self.tried < 3:
            raise RuntimeError("on no list")
        await super().renew(lease, **changes)


async def test_no_error_of_a_heartbeat_ends_a_job(bench):
    jobs = BrokenHeartbeats(bench.clock)
    broken = bench.with_jobs(jobs).with_lease(0.2)
    job = await broken.submit("slow")
    await broken.run_next()

    assert jobs.tried >= 3
    assert (await broken.again(job)).status is Status.COMPLETED


OTHER = "host:2:b"


async def taken_over(bench):
    """The job once another worker has it, its lease being over."""
    bench.clock.move_on(60)
    await bench.jobs.expire_leases(max_attempts=3)
    return await bench.jobs.claim(owner=OTHER, lease_seconds=60)


async def is_at(bench, job, status: Status) -> bool:
    return (await bench.again(job)).status is status


async def deleted(bench, job) -> None:
    """The job as web deletes it."""
    for key in stored_keys(await bench.jobs.remove(job.job_id)):
        await bench.storage.delete(key)
