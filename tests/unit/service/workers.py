"""A worker that announces itself, and nothing more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.jobs.memory import MemoryJobs
from service.presence import announce_forever
from service.storage.local import LocalStorage
from tests.waiting import until


@asynccontextmanager
async def announced(
    jobs: MemoryJobs, storage: LocalStorage, *, worker: str = "a", lease_seconds: float = 60
) -> AsyncIterator[None]:
    """It is alive, over its own storage, and retires when the context is left."""

    async def is_alive() -> bool:
        return worker in await jobs.live_workers()

    work = announce_forever(jobs, storage, worker=worker, lease_seconds=lease_seconds)
    announcing = asyncio.create_task(work)
    await until(is_alive)
    try:
        yield
    finally:
        announcing.cancel()
        await asyncio.gather(announcing, return_exceptions=True)
