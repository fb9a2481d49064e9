"""What puts a job back on its way after a crash: run by web and by worker, never by the queue."""

import asyncio
import logging
from dataclasses import dataclass

from config.settings import Settings
from service.jobs.errors import Unavailable
from service.jobs.model import Ticket
from service.jobs.store import Expired, RecoveryStore
from service.queue.base import Entry, QueueService

BATCH = 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What one pass did: leases that were over, and how many jobs were rung again."""

    expired: Expired
    rung: int


async def recover(
    jobs: RecoveryStore, queue: QueueService, *, lease_seconds: float, max_attempts: int
) -> Recovered:
    """One pass of both moves: lease over → pending or failed; ring gone → ring again.

    Raises DatabaseUnavailable, QueueUnavailable.
    """
    expired = await jobs.expire_leases(max_attempts=max_attempts)
    rung = 0
    while tickets := await jobs.tickets_to_check(rung_before_seconds=lease_seconds, limit=BATCH):
        rung += await _ring_missing(jobs, queue, tickets)
    return Recovered(expired, rung)


async def recover_forever(jobs: RecoveryStore, queue: QueueService, *, settings: Settings) -> None:
    """A pass every quarter lease; a server that is away is waited for."""
    while True:
        try:
            recovered = await recover(
                jobs,
                queue,
                lease_seconds=settings.lease_seconds,
                max_attempts=settings.max_attempts,
            )
        except Unavailable as error:
            log.warning("recovery waits", extra={"reason": str(error)})
        else:
            _tell(recovered)
        await asyncio.sleep(settings.beat_seconds)


async def _ring_missing(jobs: RecoveryStore, queue: QueueService, tickets: list[Ticket]) -> int:
    """Ring where the ring is gone; where a dead worker still holds it, under a new number."""
    rung = 0
    for ticket, entry in zip(tickets, await queue.entries(tickets), strict=True):
        current = await jobs.renumber(ticket) if entry is Entry.IN_PROGRESS else ticket
        if current is not None and entry is not Entry.WAITING:
            await queue.enqueue(current)
            await jobs.mark_rung([current])
            rung += 1
    # Known to wait just now: the next look at them is a lease away.
    await jobs.mark_rung(tickets)
    return rung


def _tell(recovered: Recovered) -> None:
    for ticket in recovered.expired.handed_back:
        log.warning("lease over, job pending again", extra={"job_id": str(ticket.job_id)})
    for job_id in recovered.expired.failed:
        log.error("worker lost too often, job failed", extra={"job_id": str(job_id)})
    if recovered.rung:
        log.warning("jobs rung again", extra={"jobs": recovered.rung})
