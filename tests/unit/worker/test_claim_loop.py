"""When a worker claims, and that nothing ends its claiming."""

import asyncio
import sys
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from config.settings import SettingsError
from service.errors import DatabaseUnavailable, SchemaOutdated, StorageNotWritable
from service.jobs.memory import MemoryJobs
from service.jobs.model import Status
from service.jobs.operations.base import Role
from service.storage.base import StoredFile
from service.storage.local import LocalStorage
from tests.unit.service.workers import announced
from tests.unit.worker.conftest import LIMITS
from tests.waiting import until
from worker.claim_loop import ClaimLoop
from worker.pipeline.errors import PipelineNotReady
from worker.process.executor import open_executor
from worker.process.spawn import Program

NEVER_BY_ITSELF = 1000.0
AT_ONCE = 0.01


class WatchedJobs(MemoryJobs):
    """Counts its claims; what is in `errors` is raised first, or after a claim that `commits`."""

    def __init__(self, clock: Callable, *, commits: bool = False) -> None:
        super().__init__(clock)
        self.claims = 0
        self.checks = 0
        self.looks = 0
        self.errors: list[Exception] = []
        self._commits = commits

    async def check(self) -> None:
        self.checks += 1

    async def live(self, role):
        self.looks += 1
        return await super().live(role)

    async def claim(self, *, owner, lease_seconds):
        self.claims += 1
        if self.errors and not self._commits:
            raise self.errors.pop(0)
        job = await super().claim(owner=owner, lease_seconds=lease_seconds)
        if self.errors:
            raise self.errors.pop(0)
        return job


@asynccontextmanager
async def looping(bench, *, idle_seconds: float) -> AsyncIterator[ClaimLoop]:
    loop = ClaimLoop(bench.jobs, bench.runner, idle_seconds=idle_seconds)
    task = asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        loop.stop()
        await task


@pytest.fixture
def watched(bench):
    return bench.with_jobs(WatchedJobs(bench.clock))


async def test_what_is_pending_is_run_without_a_wake_up(watched):
    """P4: Redis may be away the whole time."""
    first, second = await watched.submit("good"), await watched.submit("good")
    async with looping(watched, idle_seconds=NEVER_BY_ITSELF):
        await until(lambda: is_at(watched, second, Status.COMPLETED))

    assert (await watched.again(first)).status is Status.COMPLETED


async def test_an_idle_worker_looks_again_by_itself(watched):
    """P4: a wake-up that was lost costs one idle poll."""
    async with looping(watched, idle_seconds=AT_ONCE):
        await until(lambda: watched.jobs.claims)
        job = await watched.submit("good")
        await until(lambda: is_at(watched, job, Status.COMPLETED))


async def test_a_wake_up_that_finds_nothing_costs_one_claim(watched):
    async with looping(watched, idle_seconds=NEVER_BY_ITSELF) as loop:
        await until(lambda: watched.jobs.claims == 1)
        await loop.wake()

        assert (watched.jobs.claims, watched.jobs.checks) == (2, 1)


async def test_a_wake_up_is_kept_until_nothing_is_pending(watched):
    """So a busy worker takes no second one, which is for an idle one."""
    async with looping(watched, idle_seconds=NEVER_BY_ITSELF) as loop:
        await until(lambda: watched.jobs.claims)
        jobs = [await watched.submit("good") for _ in range(2)]
        await loop.wake()

        assert {(await watched.again(job)).status for job in jobs} == {Status.COMPLETED}


async def test_a_worker_told_to_stop_never_claims_again(watched):
    """WRK-2."""
    first, second = await watched.submit("slow"), await watched.submit("good")
    async with looping(watched, idle_seconds=AT_ONCE) as loop:
        await until(lambda: is_at(watched, first, Status.RUNNING))
        loop.stop()
        await loop.wake()
    claims = watched.jobs.claims
    await loop.run()

    assert claims == watched.jobs.claims == 1
    assert (await watched.again(first)).status is Status.COMPLETED
    assert (await watched.again(second)).attempt == 0


async def test_nothing_is_claimed_while_web_has_another_storage_and_it_is_said_once(
    watched, tmp_path, caplog
):
    """P1: each job would be taken for lost."""
    job = await watched.submit("good")
    elsewhere = LocalStorage(tmp_path / "elsewhere")
    async with announced(watched.jobs, elsewhere, role=Role.WEB):
        async with looping(watched, idle_seconds=AT_ONCE):
            looks = watched.jobs.looks
            await until(lambda: watched.jobs.looks > looks + 6)

        assert watched.jobs.claims == 0
    assert len([told for told in caplog.messages if "claims nothing" in told]) == 1
    async with looping(watched, idle_seconds=AT_ONCE):
        await until(lambda: is_at(watched, job, Status.COMPLETED))


async def test_a_web_process_of_another_storage_stops_no_worker_that_shares_with_one(
    watched, tmp_path
):
    """Somebody's own web process on the real database, as long as nobody uses it."""
    job = await watched.submit("good")
    elsewhere = LocalStorage(tmp_path / "elsewhere")
    async with (
        announced(watched.jobs, watched.storage, role=Role.WEB),
        announced(watched.jobs, elsewhere, process="b", role=Role.WEB),
        looping(watched, idle_seconds=NEVER_BY_ITSELF),
    ):
        await until(lambda: is_at(watched, job, Status.COMPLETED))


async def test_a_video_that_is_not_here_costs_one_attempt_until_web_is_seen(watched):
    lost, good = await watched.submit("good"), await watched.submit("good")
    await watched.storage.delete(lost.input_path)
    async with looping(watched, idle_seconds=AT_ONCE):
        looks = watched.jobs.looks
        await until(lambda: watched.jobs.looks > looks + 6)
        assert (await watched.again(lost)).attempt == 1
        async with announced(watched.jobs, watched.storage, role=Role.WEB):
            await until(lambda: is_at(watched, good, Status.COMPLETED))

    assert (await watched.again(lost)).error_code == "input_missing"


class ForbiddenForAWhile(LocalStorage):
    """A storage that nothing can be written to until it is allowed; it counts the attempts."""

    refused = 0
    is_allowed = False

    async def save(self, key: str, chunks: AsyncIterable[bytes]) -> StoredFile:
        if self.is_allowed:
            return await super().save(key, chunks)
        self.refused += 1
        raise StorageNotWritable(key)


async def test_a_worker_that_may_not_write_fails_one_job_and_leaves_the_rest_until_it_may(
    watched, caplog
):
    """P1: it failed every job there was, one after the other."""
    storage = ForbiddenForAWhile(watched.folder)
    failed, *rest = [await watched.submit("good") for _ in range(3)]
    async with looping(watched.with_storage(storage), idle_seconds=AT_ONCE):
        await until(lambda: storage.refused > 6)
        assert watched.jobs.claims == 1
        storage.is_allowed = True
        for job in rest:
            await until(lambda job=job: is_at(watched, job, Status.COMPLETED))

    assert (await watched.again(failed)).error_code == "storage_full"
    assert len([told for told in caplog.messages if "claims nothing" in told]) == 1


class StoppedWhileClaiming(MemoryJobs):
    loop: ClaimLoop

    async def claim(self, *, owner, lease_seconds):
        self.loop.stop()
        return await super().claim(owner=owner, lease_seconds=lease_seconds)


async def test_a_job_claimed_while_the_stop_came_is_requeued(bench):
    """WRK-2: and that is no crash of its video."""
    jobs = StoppedWhileClaiming(bench.clock)
    stopped = bench.with_jobs(jobs)
    job = await stopped.submit("good")
    jobs.loop = ClaimLoop(jobs, stopped.runner)
    await jobs.loop.run()
    now = await stopped.again(job)

    assert (now.status, now.attempt, now.crashes) == (Status.PENDING, 1, 0)


@pytest.mark.parametrize(
    "error",
    [DatabaseUnavailable("away"), SchemaOutdated("no table"), RuntimeError("on no list")],
    ids=["away", "outdated", "unexpected"],
)
async def test_no_error_ends_the_looking_and_the_schema_is_looked_at_again(watched, error):
    job = await watched.submit("good")
    watched.jobs.errors = [error, error]
    async with looping(watched, idle_seconds=AT_ONCE):
        await until(lambda: is_at(watched, job, Status.COMPLETED))

    assert watched.jobs.checks == 3
    assert (await watched.again(job)).attempt == 1


class BehindSchema(MemoryJobs):
    migrated = False

    async def check(self) -> None:
        if not self.migrated:
            raise SchemaOutdated("run `forgesyte migrate`")


async def test_a_worker_started_before_its_schema_claims_nothing_until_that_is_there(bench):
    """JOB-4: a claim under a schema not looked at can burn every job."""
    jobs = BehindSchema(bench.clock)
    behind = bench.with_jobs(jobs)
    job = await behind.submit("good")
    async with looping(behind, idle_seconds=AT_ONCE) as loop:
        await loop.wake()
        assert (await behind.again(job)).attempt == 0
        jobs.migrated = True
        await until(lambda: is_at(behind, job, Status.COMPLETED))


async def test_a_claim_whose_answer_was_lost_burns_no_attempt(bench):
    """P5: nobody runs what went through unseen, and its video is not to blame."""
    jobs = WatchedJobs(bench.clock, commits=True)
    lost = bench.with_jobs(jobs)
    job = await lost.submit("good")
    jobs.errors = [DatabaseUnavailable("connection lost")]
    async with looping(lost, idle_seconds=AT_ONCE):
        await until(lambda: is_at(lost, job, Status.COMPLETED))
    done = await lost.again(job)

    assert (done.attempt, done.crashes) == (2, 1)


# Loads its models once; a file says that it has.
LOADS_ONCE = """
import runpy, sys
from pathlib import Path
Path({0!r}).exists() and sys.exit({1})
Path({0!r}).touch()
runpy.run_module("tests.unit.worker.scripted_child", run_name="__main__")
"""
BROKEN_LATER = """
import runpy, sys
from pathlib import Path
if Path({0!r}).exists():
    sys.argv.insert(1, "broken")
Path({0!r}).touch()
runpy.run_module("tests.unit.worker.scripted_child", run_name="__main__")
"""


@pytest.mark.parametrize(
    ("script", "error"),
    [(LOADS_ONCE, PipelineNotReady), (BROKEN_LATER, SettingsError)],
    ids=["models load no more", "weights have vanished"],
)
async def test_a_worker_that_can_run_no_job_any_more_ends_and_no_video_is_to_blame(
    bench, settings, tmp_path, script, error
):
    """P5: the job waits for a worker that can; a supervisor or the operator sees to this one."""
    program = Program((sys.executable, "-c", script.format(str(tmp_path / "loaded"), 3)))
    limits = replace(LIMITS, retry_seconds=())
    async with open_executor(settings, program=program, limits=limits) as executor:
        runner = replace(bench.runner, executor=executor)
        crashing, waiting = await bench.submit("crash"), await bench.submit("good")
        with pytest.raises(error):
            await ClaimLoop(bench.jobs, runner).run()

    assert (await bench.again(crashing)).crashes == 1
    assert {(await bench.again(job)).status for job in (crashing, waiting)} == {Status.PENDING}


async def test_who_woke_a_worker_that_can_run_no_job_any_more_is_not_kept(
    bench, settings, tmp_path
):
    """P5: arq's call of it would keep the process alive, and no supervisor would see to it."""
    program = Program((sys.executable, "-c", LOADS_ONCE.format(str(tmp_path / "loaded"), 3)))
    limits = replace(LIMITS, retry_seconds=())
    async with open_executor(settings, program=program, limits=limits) as executor:
        runner = replace(bench.runner, executor=executor)
        loop = ClaimLoop(bench.jobs, runner)
        await bench.submit("crash")
        running = asyncio.create_task(loop.run())
        async with asyncio.timeout(30):
            await loop.wake()

        with pytest.raises(PipelineNotReady):
            await running


async def is_at(bench, job, status: Status) -> bool:
    return (await bench.again(job)).status is status
