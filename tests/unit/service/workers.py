"""A process that announces itself, and a folder in which none can."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from service.jobs.memory import MemoryJobs
from service.jobs.operations.base import Role
from service.presence import announce_forever
from service.storage.local import LocalStorage
from tests.waiting import until

# The system's own folder takes no files, not even from root.
NOBODYS = Path("/sys/forgesyte")


@asynccontextmanager
async def announced(
    jobs: MemoryJobs,
    storage: LocalStorage,
    *,
    process: str = "a",
    role: Role = Role.WORKER,
    lease_seconds: float = 60,
) -> AsyncIterator[None]:
    """It is alive, over its own storage, and retires when the context is left."""

    async def is_alive() -> bool:
        return process in await jobs.live(role)

    work = announce_forever(jobs, storage, process=process, role=role, lease_seconds=lease_seconds)
    announcing = asyncio.create_task(work)
    await until(is_alive)
    try:
        yield
    finally:
        announcing.cancel()
        await asyncio.gather(announcing, return_exceptions=True)
