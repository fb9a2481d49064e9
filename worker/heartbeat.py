"""Holding a job: its lease is renewed for as long as somebody works on it."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from config.settings import HEARTBEATS_PER_LEASE
from service.errors import LeaseLost
from service.jobs.model import Lease
from service.jobs.store import WorkerStore
from worker.process.deadline import Progress

# How soon a deleted job is given up: its process has to be gone within two seconds.
CHECK_SECONDS = 0.5

T = TypeVar("T")

log = logging.getLogger(__name__)


@asynccontextmanager
async def heartbeat(
    jobs: WorkerStore,
    lease: Lease,
    *,
    lease_seconds: float,
    progress: Callable[[], Progress] = Progress,
) -> AsyncIterator[asyncio.Task[None]]:
    """Renew the lease until the context is left; the task given ends by itself when it is lost.

    progress: tells how far the job has come, which each renewal writes down.
    Whether it is lost is asked every half second, since a deleted job is not worth a quarter lease.

    It goes on while the job is written to its end: that write's own fence says whose the job is.
    """
    renewing = asyncio.create_task(_renew_forever(jobs, lease, lease_seconds, progress))
    try:
        yield renewing
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)


async def unless_lost(renewing: asyncio.Task[None], work: Coroutine[Any, Any, T]) -> T:
    """What the work gives; it is cancelled when the lease is lost. Raises LeaseLost."""
    working = asyncio.create_task(work)
    try:
        await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            renewing.result()
        return await working
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def _renew_forever(
    jobs: WorkerStore, lease: Lease, lease_seconds: float, progress: Callable[[], Progress]
) -> None:
    period_seconds = lease_seconds / HEARTBEATS_PER_LEASE
    checks = math.ceil(period_seconds / CHECK_SECONDS)
    since_renewed = 0
    while True:
        await asyncio.sleep(period_seconds / checks)
        since_renewed += 1
        try:
            if since_renewed < checks:
                await jobs.check_held(lease)
            else:
                await _renew(jobs, lease, lease_seconds, progress())
                since_renewed = 0
        except LeaseLost:
            raise
        except Exception as error:
            # Nobody can take the job while the database is away. When it is back a late renewal
            # comes before recovery, which then waits for a quarter lease.
            if since_renewed >= checks:
                facts = {"job_id": str(lease.job_id), "reason": repr(error)}
                log.warning("lease not renewed", extra=facts)


async def _renew(jobs: WorkerStore, lease: Lease, lease_seconds: float, now: Progress) -> None:
    await jobs.renew(
        lease,
        lease_seconds=lease_seconds,
        frames_done=None if now.frames_expected is None else now.frames_analysed,
        frames_expected=now.frames_expected,
    )
