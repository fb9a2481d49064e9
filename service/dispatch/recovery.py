"""What requeues a job after a crash: run by web and by worker, never by the queue."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from config.settings import Settings
from service.dispatch.submit import wake_workers
from service.errors import ServiceError
from service.jobs.model import utc_now
from service.jobs.store import Expired, RecoveryStore
from service.queue.base import QueueService

log = logging.getLogger(__name__)


@dataclass(slots=True)
class RecoveryHealth:
    """When recovery last did its work, and what it found; readiness and metrics show it."""

    last_pass_at: datetime | None = None
    requeued: int = 0
    failed: int = 0
    began_at: datetime = field(default_factory=utc_now)

    def passed(self, expired: Expired) -> None:
        """Note a pass that went through, and what it did."""
        self.last_pass_at = utc_now()
        self.requeued += len(expired.requeued)
        self.failed += len(expired.failed)

    def passed_within(self, seconds: float) -> bool:
        """Whether the last good pass, or the beginning, is no longer ago than that."""
        return utc_now() - (self.last_pass_at or self.began_at) <= timedelta(seconds=seconds)


async def recover(jobs: RecoveryStore, queue: QueueService, *, max_attempts: int) -> Expired:
    """One pass: a job whose lease has expired is requeued, or failed.

    Raises DatabaseUnavailable, SchemaOutdated.
    """
    expired = await jobs.expire_leases(max_attempts=max_attempts)
    for job_id in expired.requeued:
        log.warning("lease expired, job requeued", extra={"job_id": str(job_id)})
    for job_id in expired.failed:
        log.error("lease expired after the last attempt, job failed", extra={"job_id": str(job_id)})
    await wake_workers(queue, expired.requeued)
    return expired


async def recover_forever(
    jobs: RecoveryStore, queue: QueueService, *, settings: Settings, health: RecoveryHealth
) -> None:
    """A pass every quarter lease, whatever goes wrong in one.

    At the start, and after a database that was away, the first good pass checks the schema
    only: workers whose jobs were held up get a heartbeat's time to renew their leases.
    """
    checked = False
    while True:
        try:
            if checked:
                health.passed(await recover(jobs, queue, max_attempts=settings.max_attempts))
            else:
                await jobs.check()
            checked = True
        except ServiceError as error:
            checked = False
            log.warning("recovery waits for the database", extra={"reason": str(error)})
        except Exception:
            checked = False
            log.exception("recovery pass failed")
        await asyncio.sleep(settings.heartbeat_seconds)
