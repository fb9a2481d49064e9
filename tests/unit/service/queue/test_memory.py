import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from service.jobs.model import Ticket
from service.queue.memory import MemoryQueue

NOW = datetime(2026, 1, 1, tzinfo=UTC)
THREADS, RINGS = 8, 300


@pytest.fixture
def threads_that_take_turns_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


async def test_jobs_accepted_at_the_same_moment_keep_the_order_they_came_in() -> None:
    """QUE-1."""
    queue = MemoryQueue()
    job_ids = [uuid4() for _ in range(20)]
    for job_id in job_ids:
        await queue.enqueue(Ticket(job_id, NOW))

    assert [await queue.dequeue() for _ in job_ids] == job_ids


@pytest.mark.usefixtures("threads_that_take_turns_often")
def test_threads_lose_no_ring_and_take_none_twice() -> None:
    """QUE-1."""
    queue = MemoryQueue()
    job_ids = [[uuid4() for _ in range(RINGS)] for _ in range(THREADS)]

    with ThreadPoolExecutor(THREADS) as pool:
        taken = [
            job_id
            for some in pool.map(_ring_and_take, [queue] * THREADS, job_ids)
            for job_id in some
        ]

    assert Counter(taken) == Counter(job_id for some in job_ids for job_id in some)


def _ring_and_take(queue: MemoryQueue, job_ids: list[UUID]) -> list[UUID | None]:
    async def both() -> list[UUID | None]:
        for job_id in job_ids:
            await queue.enqueue(Ticket(job_id, NOW))
        return [await queue.dequeue() for _ in job_ids]

    return asyncio.run(both())
