from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from service.jobs.errors import QueueUnavailable
from service.jobs.memory import MemoryJobs
from service.jobs.model import Job, Status, Ticket
from service.jobs.recovery import Recovered, recover
from service.queue.base import Entry
from service.queue.memory import MemoryQueue
from tests.unit.service.jobs.samples import a_new_job
from tests.unit.service.jobs.test_lifecycle import SilentQueue

LEASE = 60.0


@dataclass
class Clock:
    """The database's now(), turned by hand."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class StuckQueue(MemoryQueue):
    """A queue in which a dead worker still holds every ring."""

    def __init__(self) -> None:
        super().__init__()
        self.rung: list[Ticket] = []

    async def enqueue(self, ticket: Ticket) -> None:
        self.rung.append(ticket)

    async def entries(self, tickets: Sequence[Ticket]) -> list[Entry]:
        return [Entry.IN_PROGRESS for _ in tickets]


async def one_pass(jobs: MemoryJobs, queue: MemoryQueue | SilentQueue) -> Recovered:
    return await recover(jobs, queue, lease_seconds=LEASE, max_attempts=3)


async def pending(jobs: MemoryJobs) -> Job:
    job, _ = await jobs.insert(a_new_job())
    return job


async def test_a_job_that_was_never_rung_is_rung() -> None:
    """JOB-3: web was killed between INSERT and ring."""
    jobs, queue = MemoryJobs(), MemoryQueue()
    job = await pending(jobs)

    recovered = await one_pass(jobs, queue)

    assert recovered.rung == 1
    assert await queue.dequeue() == job.job_id


async def test_a_crashed_workers_job_is_pending_and_rung_in_one_pass() -> None:
    """JOB-3."""
    clock = Clock()
    jobs, queue = MemoryJobs(clock), MemoryQueue()
    job = await pending(jobs)
    await jobs.claim(job.job_id, owner="w", lease_seconds=LEASE)
    clock.forward(LEASE + 1)

    recovered = await one_pass(jobs, queue)

    assert [ticket.job_id for ticket in recovered.expired.handed_back] == [job.job_id]
    assert await queue.dequeue() == job.job_id
    assert (await jobs.get(job.job_id)).status is Status.PENDING


async def test_rings_that_an_emptied_queue_lost_are_rung_again() -> None:
    clock = Clock()
    jobs, queue = MemoryJobs(clock), MemoryQueue()
    accepted = []
    for _ in range(3):
        accepted.append((await pending(jobs)).job_id)
        clock.forward(1)
    await one_pass(jobs, queue)
    emptied = MemoryQueue()
    clock.forward(LEASE + 1)

    recovered = await one_pass(jobs, emptied)

    assert recovered.rung == 3
    assert [await emptied.dequeue() for _ in range(3)] == accepted


async def test_rings_that_wait_are_left_alone_however_old() -> None:
    """Ringing by age alone piles up rings that do nothing."""
    clock = Clock()
    jobs, queue = MemoryJobs(clock), MemoryQueue()
    job = await pending(jobs)
    await one_pass(jobs, queue)
    clock.forward(10 * LEASE)

    recovered = await one_pass(jobs, queue)

    assert (recovered.rung, await queue.size()) == (0, 1)
    assert (await jobs.get(job.job_id)).dispatch_no == 0


async def test_a_ring_a_dead_worker_holds_is_replaced_under_a_new_number() -> None:
    jobs, queue = MemoryJobs(), StuckQueue()
    job = await pending(jobs)

    recovered = await one_pass(jobs, queue)

    assert recovered.rung == 1
    assert [(ticket.job_id, ticket.dispatch_no) for ticket in queue.rung] == [(job.job_id, 1)]


async def test_a_queue_that_is_away_leaves_the_job_for_the_next_pass() -> None:
    jobs, queue = MemoryJobs(), MemoryQueue()
    await pending(jobs)
    with pytest.raises(QueueUnavailable):
        await one_pass(jobs, SilentQueue())

    recovered = await one_pass(jobs, queue)

    assert recovered.rung == 1
