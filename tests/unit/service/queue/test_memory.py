import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from service.queue.memory import MemoryQueue

THREADS, IDS = 8, 300


@pytest.fixture
def threads_that_take_turns_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("threads_that_take_turns_often")
def test_threads_lose_no_enqueue_and_take_none_twice() -> None:
    """QUE-1."""
    queue = MemoryQueue()
    job_ids = [[uuid4() for _ in range(IDS)] for _ in range(THREADS)]

    with ThreadPoolExecutor(THREADS) as pool:
        taken = [
            job_id
            for some in pool.map(_enqueue_and_take, [queue] * THREADS, job_ids)
            for job_id in some
        ]

    assert Counter(taken) == Counter(job_id for some in job_ids for job_id in some)


def _enqueue_and_take(queue: MemoryQueue, job_ids: list[UUID]) -> list[UUID | None]:
    async def both() -> list[UUID | None]:
        for job_id in job_ids:
            await queue.enqueue(job_id)
        return [await queue.dequeue() for _ in job_ids]

    return asyncio.run(both())
