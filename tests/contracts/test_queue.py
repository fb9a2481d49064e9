"""One suite for every queue."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from arq.connections import ArqRedis
from arq.worker import Worker, func

from service.queue.arq import (
    FUNCTION_NAME,
    QUEUE_NAME,
    ArqQueue,
    arq_redis,
    deserialize,
    serialize,
)
from service.queue.base import QueueService
from service.queue.memory import MemoryQueue
from tests.queues import arq_on

OnDelivery = Callable[[UUID], Awaitable[None]]


@dataclass(frozen=True)
class Line:
    """A queue, and the worker at its other end."""

    queue: QueueService
    answer: Callable[[OnDelivery], Awaitable[None]]

    async def answered(self) -> list[UUID]:
        """All ids that wait, in the order a worker gets them."""
        job_ids: list[UUID] = []

        async def note(job_id: UUID) -> None:
            job_ids.append(job_id)

        await self.answer(note)
        return job_ids


@pytest.fixture(params=["memory", "arq on fakeredis", "arq on Redis"])
async def line(request: pytest.FixtureRequest) -> AsyncIterator[Line]:
    if request.param == "memory":
        yield _memory_line()
    elif request.param == "arq on fakeredis":
        async with arq_on(request.getfixturevalue("fake_redis")) as fake:
            yield _arq_line(fake)
    else:
        redis = arq_redis(request.getfixturevalue("redis_url"))
        yield _arq_line(redis)
        await redis.aclose(close_connection_pool=True)


async def test_what_came_first_goes_first(line: Line) -> None:
    """QUE-1: first in, first out."""
    job_ids = [uuid4() for _ in range(20)]

    await enqueue(line.queue, job_ids)

    assert await line.answered() == job_ids


async def test_a_job_enqueued_again_is_delivered_again(line: Line) -> None:
    """At least once: a requeue must not be taken for what was delivered before."""
    job_id = uuid4()
    await enqueue(line.queue, [job_id])
    await line.answered()

    await enqueue(line.queue, [job_id])

    assert await line.answered() == [job_id]


async def test_a_job_enqueued_while_it_is_run_is_delivered_again(line: Line) -> None:
    """A worker that requeues its job is still at the entry that brought it."""
    job_id = uuid4()
    delivered: list[UUID] = []

    async def requeue_once(job_id: UUID) -> None:
        delivered.append(job_id)
        if len(delivered) == 1:
            await line.queue.enqueue(job_id)

    await enqueue(line.queue, [job_id])
    await line.answer(requeue_once)

    assert delivered == [job_id, job_id]
    assert await line.queue.size() == 0


async def test_the_worker_gets_nothing_when_nothing_waits(line: Line) -> None:
    assert await line.answered() == []


async def test_size_counts_what_waits(line: Line) -> None:
    """QUE-1."""
    await enqueue(line.queue, [uuid4(), uuid4(), uuid4()])

    assert await line.queue.size() == 3


async def enqueue(queue: QueueService, job_ids: Iterable[UUID]) -> None:
    for job_id in job_ids:
        await queue.enqueue(job_id)


def _memory_line() -> Line:
    queue = MemoryQueue()

    async def answer(on_delivery: OnDelivery) -> None:
        while (job_id := await queue.dequeue()) is not None:
            await on_delivery(job_id)

    return Line(queue, answer)


def _arq_line(redis: ArqRedis) -> Line:
    async def answer(on_delivery: OnDelivery) -> None:
        async def run_job(context: object, job_id: str) -> None:
            await on_delivery(UUID(job_id))

        worker = Worker(
            [func(run_job, name=FUNCTION_NAME)],
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

    return Line(ArqQueue(redis), answer)
