"""One suite for every queue."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import arq.worker
import pytest
from arq.connections import ArqRedis
from fakeredis import FakeAsyncRedis

from service.jobs.model import Ticket
from service.queue.arq import (
    FUNCTION_NAME,
    QUEUE_NAME,
    ArqQueue,
    arq_redis,
    deserialize,
    on_pool,
    serialize,
)
from service.queue.base import Entry, QueueService
from service.queue.memory import MemoryQueue

START = datetime.now(UTC) - timedelta(hours=1)

OnRing = Callable[[UUID], Awaitable[None]]


@dataclass(frozen=True)
class Line:
    """A queue, the worker at its other end, and what the queue says of a ring it is answering."""

    queue: QueueService
    answer: Callable[[OnRing], Awaitable[None]]
    while_answered: Entry

    async def answered(self) -> list[UUID]:
        """The jobs of all rings that wait, in the order a worker gets them."""
        job_ids: list[UUID] = []

        async def note(job_id: UUID) -> None:
            job_ids.append(job_id)

        await self.answer(note)
        return job_ids


@pytest.fixture(params=["memory", "arq on fakeredis", "arq on Redis"])
async def line(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Line]:
    if request.param == "memory":
        yield _memory_line()
    elif request.param == "arq on fakeredis":
        # fakeredis 2.40 knows no INFO.
        monkeypatch.setattr(arq.worker, "log_redis_info", _log_nothing)
        async with FakeAsyncRedis() as fake:
            yield _arq_line(on_pool(fake.connection_pool))
    else:
        redis = arq_redis(request.getfixturevalue("redis_url"))
        yield _arq_line(redis)
        await redis.aclose(close_connection_pool=True)


async def test_the_job_accepted_first_is_answered_first(line: Line) -> None:
    """QUE-1: whatever order the rings came in."""
    first, second, third = tickets(3)

    await ring(line.queue, [second, third, first])

    assert await line.answered() == ids([first, second, third])


async def test_a_job_rung_again_keeps_its_place(line: Line) -> None:
    """QUE-1."""
    first, second, third = tickets(3)
    await ring(line.queue, [first, second, third])

    await line.queue.enqueue(replace(first, dispatch_no=1))

    assert await line.answered() == ids([first, first, second, third])


async def test_the_same_ring_twice_is_answered_once(line: Line) -> None:
    (ticket,) = tickets(1)

    await ring(line.queue, [ticket, ticket])

    assert await line.queue.size() == 1
    assert await line.answered() == [ticket.job_id]


async def test_a_ring_that_was_answered_can_be_repeated(line: Line) -> None:
    """An answer remembered would make the second attempt of a job impossible."""
    (ticket,) = tickets(1)
    await ring(line.queue, [ticket])
    await line.answered()

    await ring(line.queue, [ticket])

    assert await line.answered() == [ticket.job_id]


async def test_the_worker_gets_nothing_when_nothing_waits(line: Line) -> None:
    assert await line.answered() == []


async def test_entries_come_in_the_order_asked(line: Line) -> None:
    rung, never_rung = tickets(2)
    await ring(line.queue, [rung])
    next_ring = replace(rung, dispatch_no=1)

    entries = await line.queue.entries([never_rung, rung, next_ring, rung])

    assert entries == [Entry.GONE, Entry.WAITING, Entry.GONE, Entry.WAITING]


async def test_nothing_asked_is_nothing_answered(line: Line) -> None:
    assert await line.queue.entries([]) == []


async def test_an_answered_ring_is_gone(line: Line) -> None:
    (ticket,) = tickets(1)
    await ring(line.queue, [ticket])

    await line.answered()

    assert await line.queue.entries([ticket]) == [Entry.GONE]
    assert await line.queue.size() == 0


async def test_a_ring_being_answered_does_not_wait(line: Line) -> None:
    waiting = tickets(2)
    seen: list[list[Entry]] = []

    async def look(job_id: UUID) -> None:
        seen.append(await line.queue.entries(waiting))

    await ring(line.queue, waiting)
    await line.answer(look)

    assert seen == [[line.while_answered, Entry.WAITING], [Entry.GONE, line.while_answered]]


async def test_size_counts_the_rings(line: Line) -> None:
    """QUE-1."""
    first, second = tickets(2)

    await ring(line.queue, [first, second, replace(second, dispatch_no=1)])

    assert await line.queue.size() == 3


async def test_the_entries_of_a_long_queue_are_found(line: Line) -> None:
    """A long queue must not look empty to recovery: every job in it would be rung again."""
    many = tickets(1_200)
    await ring(line.queue, many[::2])

    entries = await line.queue.entries(many)

    assert entries == [Entry.WAITING, Entry.GONE] * 600


def tickets(count: int) -> list[Ticket]:
    """Tickets of different jobs, accepted a millisecond apart."""
    return [Ticket(uuid4(), START + timedelta(milliseconds=at)) for at in range(count)]


def ids(some: Sequence[Ticket]) -> list[UUID]:
    return [ticket.job_id for ticket in some]


async def ring(queue: QueueService, some: Sequence[Ticket]) -> None:
    for ticket in some:
        await queue.enqueue(ticket)


def _memory_line() -> Line:
    queue = MemoryQueue()

    async def answer(on_ring: OnRing) -> None:
        while (job_id := await queue.dequeue()) is not None:
            await on_ring(job_id)

    return Line(queue, answer, Entry.GONE)


def _arq_line(redis: ArqRedis) -> Line:
    async def answer(on_ring: OnRing) -> None:
        async def run_job(context: object, job_id: str) -> None:
            await on_ring(UUID(job_id))

        worker = arq.worker.Worker(
            [arq.worker.func(run_job, name=FUNCTION_NAME)],
            redis_pool=redis,
            queue_name=QUEUE_NAME,
            job_serializer=serialize,
            job_deserializer=deserialize,
            handle_signals=False,
            burst=True,
            max_jobs=1,
            keep_result=0,
            poll_delay=0.01,
        )
        await worker.async_run()

    return Line(ArqQueue(redis), answer, Entry.IN_PROGRESS)


async def _log_nothing(*_: object) -> None:
    pass
