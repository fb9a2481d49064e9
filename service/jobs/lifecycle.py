"""How a job enters, and what a crash makes of it."""

import logging
from contextlib import suppress

from config.failures import RETRYABLE, FailureCode
from service.jobs.errors import DatabaseUnavailable, IdempotencyKeyReused, QueueUnavailable
from service.jobs.model import Job, NewJob, Status, Ticket
from service.jobs.store import JobStore, RecoveryStore
from service.queue.base import QueueService

log = logging.getLogger(__name__)


async def submit(jobs: JobStore, queue: QueueService, new: NewJob) -> tuple[Job, bool]:
    """Accept a job whose film is durable; (job, False) when it was accepted before.

    From the INSERT on the job cannot be lost. The ring is a courtesy: recovery repeats it.
    Raises DatabaseUnavailable, IdempotencyKeyReused.
    """
    job, created = await jobs.insert(new)
    if not created:
        _insist_on_same(job, new)
        return job, False
    with suppress(DatabaseUnavailable):
        await ring(jobs, queue, job.ticket)
    return job, True


async def ring(jobs: JobStore | RecoveryStore, queue: QueueService, ticket: Ticket) -> None:
    """Ring for a pending job and note it; an unreachable queue is left to recovery.

    Raises DatabaseUnavailable.
    """
    try:
        await queue.enqueue(ticket)
    except QueueUnavailable:
        log.warning("queue unavailable, job rung later", extra={"job_id": str(ticket.job_id)})
    else:
        await jobs.mark_rung([ticket])


def after_crash(job: Job, code: FailureCode, *, max_attempts: int) -> Status:
    """Where a running job goes after this error: pending when another attempt may help."""
    if RETRYABLE[code] and job.crashes < max_attempts:
        return Status.PENDING
    return Status.FAILED


def _insist_on_same(job: Job, new: NewJob) -> None:
    then = (job.input_sha256, job.pipeline_id, job.options)
    if then != (new.source.sha256, new.pipeline_id, new.options):
        raise IdempotencyKeyReused(f"it belongs to job {job.job_id}")
