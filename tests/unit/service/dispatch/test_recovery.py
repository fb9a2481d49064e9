import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from config.settings import Settings
from service.dispatch.recovery import RecoveryHealth, recover, recover_forever
from service.errors import DatabaseUnavailable, SchemaOutdated
from service.jobs.memory import MemoryJobs
from service.jobs.model import Status
from service.jobs.store import Expired
from service.queue.memory import MemoryQueue
from tests.queues import SilentQueue
from tests.unit.service.jobs.samples import running_job
from tests.waiting import until

LEASE = 60.0


@dataclass
class Clock:
    """The database's now(), turned by hand."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


async def test_a_crashed_workers_job_is_pending_and_wakes_a_worker_in_one_pass() -> None:
    """JOB-3."""
    clock = Clock()
    jobs, queue = MemoryJobs(clock), MemoryQueue()
    job = await running_job(jobs)
    clock.forward(LEASE + 1)

    expired = await recover(jobs, queue, max_attempts=3)

    assert expired.requeued == (job.job_id,)
    assert await queue.dequeue() == job.job_id
    assert (await jobs.get(job.job_id)).status is Status.PENDING


async def test_a_queue_that_is_away_is_asked_once_a_pass_however_many_jobs_there_are() -> None:
    """P3: a stopped Redis may cost a pass two seconds, not two for each job."""
    clock = Clock()
    jobs, queue = MemoryJobs(clock), SilentQueue()
    for _ in range(5):
        await running_job(jobs)
    clock.forward(LEASE + 1)

    expired = await recover(jobs, queue, max_attempts=3)

    assert len(expired.requeued) == 5
    assert queue.asked == 1


class UnsteadyJobs(MemoryJobs):
    """A database whose answers are told beforehand: None for a good one; then all are good."""

    def __init__(self, *answers: Exception | None) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._answers = list(answers)

    async def check(self) -> None:
        self._answer("check")

    async def expire_leases(self, *, max_attempts: int) -> Expired:
        self._answer("expire")
        return Expired()

    def _answer(self, question: str) -> None:
        self.asked.append(question)
        if self._answers and (error := self._answers.pop(0)):
            raise error


@asynccontextmanager
async def recovering(jobs: MemoryJobs) -> AsyncIterator[RecoveryHealth]:
    settings = Settings(
        database_url="postgresql://unused", redis_url="redis://unused", lease_seconds=0.02
    )
    health = RecoveryHealth()
    task = asyncio.create_task(
        recover_forever(jobs, MemoryQueue(), settings=settings, health=health)
    )
    yield health
    assert not task.done()
    task.cancel()
    await asyncio.wait({task})


@pytest.mark.parametrize(
    "error",
    [DatabaseUnavailable("away"), SchemaOutdated("no table"), RuntimeError("on no list")],
    ids=["away", "outdated", "unexpected"],
)
async def test_no_error_ends_recovery(error: Exception) -> None:
    """JOB-3: a loop that dies leaves every later crash where it lies."""
    jobs = UnsteadyJobs(error, None, error, error)
    async with recovering(jobs):
        await until(lambda: len(jobs.asked) >= 8)

    assert jobs.asked[-1] == "expire"


async def test_workers_may_renew_their_leases_before_recovery_expires_them() -> None:
    """P5: a database that was away for longer than a lease is no crash of a worker."""
    jobs = UnsteadyJobs(None, None, DatabaseUnavailable("away"), DatabaseUnavailable("away"))
    async with recovering(jobs):
        await until(lambda: len(jobs.asked) >= 6)

    assert jobs.asked[:6] == ["check", "expire", "expire", "check", "check", "expire"]


async def test_the_last_good_pass_is_known() -> None:
    jobs = UnsteadyJobs(DatabaseUnavailable("away"))
    async with recovering(jobs) as health:
        assert health.last_pass_at is None
        await until(lambda: health.last_pass_at)

    assert health.passed_within(LEASE)
    assert not health.passed_within(0)
