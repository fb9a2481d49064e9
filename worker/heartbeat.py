"""Holding a job: its lease is renewed for as long as somebody works on it."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any, Self, TypeVar

from config.settings import HEARTBEATS_PER_LEASE
from service.errors import LeaseLost
from service.jobs.model import Lease
from service.jobs.store import WorkerStore
from worker.process.deadline import Progress

# How soon a deleted job is given up: its process has to be gone within two seconds.
CHECK_SECONDS = 0.5
# How old a job's progress may be, where it moves; who waits for it looks as often.
PROGRESS_SECONDS = 2.0

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

    progress: tells how far the job has come, which each renewal writes down; the lease is renewed
    before it is due where that has moved, at most every PROGRESS_SECONDS.
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


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a job's row says of its progress."""

    frames_done: int | None = None
    frames_expected: int | None = None

    @classmethod
    def of(cls, progress: Progress) -> Self:
        """Nothing until it is known how many frames there are."""
        if progress.frames_expected is None:
            return cls()
        return cls(progress.frames_analysed, progress.frames_expected)


async def _renew_forever(
    jobs: WorkerStore, lease: Lease, lease_seconds: float, progress: Callable[[], Progress]
) -> None:
    period_seconds = lease_seconds / HEARTBEATS_PER_LEASE
    checks = math.ceil(period_seconds / CHECK_SECONDS)
    checks_per_progress = min(checks, math.ceil(PROGRESS_SECONDS / CHECK_SECONDS))
    since_renewed = 0
    written = _Shown()
    while True:
        await asyncio.sleep(period_seconds / checks)
        since_renewed += 1
        try:
            now = _Shown.of(progress())
            due_after = checks
            if now.frames_expected is not None and now != written:
                due_after = checks_per_progress if written.frames_expected else 1
            if since_renewed >= due_after:
                await jobs.renew(lease, lease_seconds=lease_seconds, **asdict(now))
                since_renewed, written = 0, now
            else:
                await jobs.check_held(lease)
        except LeaseLost:
            raise
        except Exception as error:
            # Nobody can take the job while the database is away. When it is back a late renewal
            # comes before recovery, which then waits for a quarter lease.
            if since_renewed >= checks:
                facts = {"job_id": str(lease.job_id), "reason": repr(error)}
                log.warning("lease not renewed", extra=facts)
