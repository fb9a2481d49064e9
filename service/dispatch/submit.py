"""How a job enters, and what a crash makes of it."""

import logging
from collections.abc import Iterable
from uuid import UUID

from config.failures import RETRYABLE, FailureCode
from service.errors import IdempotencyKeyReused, QueueUnavailable
from service.jobs.model import Job, NewJob, Status
from service.jobs.store import JobStore
from service.queue.base import QueueService

log = logging.getLogger(__name__)


async def submit(jobs: JobStore, queue: QueueService, new: NewJob) -> tuple[Job, bool]:
    """Accept a job whose video is durable; (job, False) when it was accepted before.

    From the INSERT on the job cannot be lost. Raises DatabaseUnavailable, IdempotencyKeyReused.
    """
    job, created = await jobs.insert(new)
    if not created:
        before = (job.input_sha256, job.pipeline_id, job.options, job.fresh)
        if before != (new.source.sha256, new.pipeline_id, new.options, new.fresh):
            raise IdempotencyKeyReused(f"it belongs to job {job.job_id}")
        return job, False
    await wake_workers(queue, [job.job_id])
    return job, True


async def wake_workers(queue: QueueService, pending: Iterable[UUID]) -> None:
    """Notify workers of pending jobs; while the queue is unavailable they find them by polling."""
    try:
        for job_id in pending:
            await queue.enqueue(job_id)
    except QueueUnavailable as error:
        log.warning("queue unavailable, workers poll", extra={"reason": str(error)})


def after_crash(job: Job, code: FailureCode, *, max_attempts: int) -> Status:
    """Where a running job goes after this error: pending when another attempt may help."""
    if RETRYABLE[code] and job.crashes < max_attempts:
        return Status.PENDING
    return Status.FAILED
