"""A video that was analysed before in the same way: its results are repeated, or it is analysed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace

import pytest

from service.errors import DatabaseUnavailable, StorageFull
from service.jobs.memory import MemoryJobs
from service.jobs.model import Job, Options, Status, attempt_results_key, results_key
from service.storage.base import OpenFile, StoredFile, require_unchanged
from service.storage.local import LocalStorage
from tests.unit.worker.conftest import LIMITS, Bench
from tests.unit.worker.scripted_child import SCRIPTED
from worker.process.executor import open_executor

FILES = ["ID.mp4", "ID_results.1.json", "ID_results.json"]


async def completed(bench: Bench, behaviour: str = "good", **changes: object) -> Job:
    """A job that was submitted and run now."""
    job = await bench.submit(behaviour, **changes)
    await bench.run_next()
    done = await bench.again(job)
    assert done.status is Status.COMPLETED
    return done


async def video_number(bench: Bench, job: Job) -> int:
    """Which video of its pipeline process, from 1, gave the job's results."""
    return (await bench.jobs.summary(job.job_id))["videos"]


async def assert_stored(bench: Bench, job: Job) -> None:
    """What the row says is what lies under both names, and nothing else lies there."""
    assert bench.files_of(job) == FILES
    for key in (job.output_path, results_key(job.job_id)):
        stored = StoredFile(key, job.output_bytes, job.output_sha256)
        await require_unchanged(bench.folder / key, stored)


async def test_the_same_again_has_the_same_bytes_and_summary(bench):
    first, again = await completed(bench), await completed(bench)

    assert await bench.jobs.summary(again.job_id) == await bench.jobs.summary(first.job_id)
    assert (again.output_bytes, again.output_sha256) == (first.output_bytes, first.output_sha256)
    assert again.output_path == f"video_jobs/{again.job_id}_results.1.json"
    await assert_stored(bench, again)


async def test_a_repeat_outlives_the_files_of_the_job_it_repeats(bench):
    first, again = await completed(bench), await completed(bench)
    for key in (first.output_path, results_key(first.job_id), first.input_path):
        await bench.storage.delete(key)
    third = await completed(bench)

    assert bench.files_of(first) == []
    assert await video_number(bench, third) == 1
    await assert_stored(bench, again)
    await assert_stored(bench, third)


@pytest.mark.parametrize(
    "changes",
    [
        {"behaviour": "slow"},
        {"options": Options(frame_stride=2)},
        {"options": Options(max_frames=2)},
        {"options": Options(region="br")},
        {"owner": "bob"},
        {"fresh": True},
    ],
    ids=[
        "other bytes",
        "another stride",
        "fewer frames",
        "another region",
        "another owner",
        "asked to be fresh",
    ],
)
async def test_anything_else_is_analysed(bench, changes):
    await completed(bench)
    other = await completed(bench, **changes)

    assert await video_number(bench, other) == 2


async def test_what_was_analysed_afresh_may_be_repeated(bench):
    await completed(bench, fresh=True)

    assert await video_number(bench, await completed(bench)) == 1


async def test_the_setting_off_analyses_everything(bench):
    off = bench.with_settings(repeats="off")
    for number in (1, 2):
        assert await video_number(off, await completed(off)) == number


async def test_a_worker_with_other_weights_analyses(bench, settings):
    await completed(bench)
    other = settings.model_copy(update={"detector_weights": "other.pt"})
    async with open_executor(other, program=SCRIPTED, limits=LIMITS) as executor:
        runner = replace(bench.runner, executor=executor)
        job = await completed(replace(bench, runner=runner))

    assert (await bench.jobs.summary(job.job_id))["provenance"]["weights"] == "other.pt"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"0", b"9", 1)),
    ],
    ids=["gone", "shorter", "as long"],
)
async def test_results_that_are_not_what_was_stored_are_never_repeated(bench, spoil):
    """P6."""
    first = await completed(bench)
    spoil(bench.folder / first.output_path)
    again = await completed(bench)

    assert await video_number(bench, again) == 2
    await assert_stored(bench, again)


async def test_a_spoilt_result_leaves_no_file_when_the_analysis_fails_too(bench):
    first = await completed(bench, "once")
    (bench.folder / first.output_path).write_bytes(b"spoilt")
    again = await bench.submit("once")
    await bench.run_next()

    assert (await bench.again(again)).error_code == "corrupt_video"
    assert bench.files_of(again) == ["ID.mp4"]


async def test_a_frame_that_failed_may_be_read_this_time(bench):
    job = await bench.submit("good")
    claimed = await bench.claim()
    results = await bench.storage.save(
        attempt_results_key(claimed.lease), bench.storage.load(job.input_path)
    )
    provenance = {"weights": "shipped", "options": asdict(job.options)}
    summary = {"video": {"frames_failed": 1}, "texts": [], "provenance": provenance}
    await bench.jobs.complete(claimed.lease, results, summary=summary)

    assert await video_number(bench, await completed(bench)) == 1


class BlindJobs(MemoryJobs):
    """A database that goes away whenever results are looked for."""

    async def find_repeat(self, job, *, provenance):
        raise DatabaseUnavailable("connection lost")


async def test_a_search_that_fails_costs_an_analysis_and_nothing_else(bench):
    blind = bench.with_jobs(BlindJobs(bench.clock))
    await completed(blind)

    assert await video_number(blind, await completed(blind)) == 2


class FullAtTheSecondName(LocalStorage):
    """A volume that takes no second name for a file but the public one."""

    async def publish(self, key: str, public_key: str) -> None:
        if not public_key.endswith("_results.json"):
            raise StorageFull(public_key)
        await super().publish(key, public_key)


class UnreadableAtFirst(LocalStorage):
    """A volume that lets nobody read a second name when it has just been given."""

    @asynccontextmanager
    async def open_file(self, key: str) -> AsyncIterator[OpenFile]:
        if key.endswith(".1.json"):
            raise OSError(5, "Input/output error")
        async with super().open_file(key) as file:
            yield file


@pytest.mark.parametrize("storage", [FullAtTheSecondName, UnreadableAtFirst])
async def test_a_storage_that_cannot_repeat_costs_an_analysis_and_nothing_else(bench, storage):
    faulty = bench.with_storage(storage(bench.folder))
    await completed(faulty)
    again = await completed(faulty)

    assert await video_number(faulty, again) == 2
    await assert_stored(bench, again)


class OvertakenJobs(MemoryJobs):
    """A database in which somebody else takes a job over just before its repeat is completed."""

    overtaken = False

    async def complete(self, lease, results, *, summary) -> None:
        if self.overtaken:
            self._clock.move_on(60)
            await self.expire_leases(max_attempts=3)
            await self.claim(owner="host:2:b", lease_seconds=60)
        await super().complete(lease, results, summary=summary)


async def test_a_repeat_that_is_too_late_is_no_file_of_anybody(bench):
    """P2, P10: the other worker's attempt is the job's, and finds the first job's file whole."""
    jobs = OvertakenJobs(bench.clock)
    overtaken = bench.with_jobs(jobs)
    first = await completed(overtaken)
    jobs.overtaken = True
    job = await overtaken.submit("good")
    await overtaken.run_next()
    held = await overtaken.again(job)
    jobs.overtaken = False

    assert (held.status, held.lease_owner) == (Status.RUNNING, "host:2:b")
    assert bench.files_of(job) == ["ID.mp4"]
    await replace(overtaken.runner, owner="host:2:b").run(held)
    again = await overtaken.again(job)
    assert (again.status, again.attempt) == (Status.COMPLETED, 2)
    assert again.output_sha256 == first.output_sha256
