"""Listening to the queue ends when it is told to, whatever the libraries under it make of that."""

import asyncio

import pytest
from fakeredis import FakeServer

from tests.queues import arq_on
from worker.arq_worker import listen_forever


async def test_a_cancellation_that_gets_lost_is_repeated(
    fake_redis: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WRK-2, P7: one in eight ends of an idle worker took 22 s, and was a job left behind."""
    redis, asked = arq_on(fake_redis), asyncio.Event()

    async def lose_one(*_: object, **__: object) -> list[bytes]:
        """As redis-py does now and then."""
        is_first = not asked.is_set()
        asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if not is_first:
                raise
        return []

    monkeypatch.setattr(redis, "zrangebyscore", lose_one)
    listening = asyncio.create_task(listen_forever(redis, _nothing, lease_seconds=60))
    await asked.wait()
    listening.cancel()
    async with asyncio.timeout(20):
        await asyncio.wait({listening})

    assert listening.cancelled()
    await redis.aclose(close_connection_pool=True)


async def _nothing() -> None:
    pass
