"""Queues without a server: one that is away, and arq's on a Redis within this process."""

from uuid import UUID

from arq.connections import ArqRedis
from fakeredis import FakeAsyncRedis, FakeServer

from service.errors import QueueUnavailable
from service.queue.arq import on_pool

SERVER = "redis.internal:6379"


class SilentQueue:
    """A queue whose server is away, and how often it was asked to take an id."""

    def __init__(self) -> None:
        self.asked = 0

    async def enqueue(self, job_id: UUID) -> None:
        self.asked += 1
        raise QueueUnavailable(f"no answer from {SERVER}")

    async def size(self) -> int:
        raise QueueUnavailable(f"no answer from {SERVER}")


def arq_on(server: FakeServer) -> ArqRedis:
    """arq's connections to a server of the fixture `fake_redis`."""
    return on_pool(FakeAsyncRedis(server=server).connection_pool)
