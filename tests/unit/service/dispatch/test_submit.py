import pytest

from service.dispatch.submit import submit
from service.errors import IdempotencyKeyReused
from service.jobs.memory import MemoryJobs
from service.jobs.model import Options, Status
from service.queue.memory import MemoryQueue
from tests.queues import SilentQueue
from tests.unit.service.jobs.samples import a_new_job


async def test_a_submitted_job_is_pending_and_wakes_a_worker() -> None:
    """API-1."""
    jobs, queue = MemoryJobs(), MemoryQueue()

    job, created = await submit(jobs, queue, a_new_job())

    assert created
    assert (await jobs.get(job.job_id)).status is Status.PENDING
    assert await queue.dequeue() == job.job_id


async def test_a_job_is_accepted_while_the_queue_is_away() -> None:
    """P4."""
    jobs = MemoryJobs()

    job, created = await submit(jobs, SilentQueue(), a_new_job())

    assert created
    assert (await jobs.get(job.job_id)).status is Status.PENDING


async def test_the_same_submission_again_gives_the_same_job_and_wakes_nobody() -> None:
    jobs, queue = MemoryJobs(), MemoryQueue()
    first, _ = await submit(jobs, queue, a_new_job(idempotency_key="k"))

    again, created = await submit(jobs, queue, a_new_job(idempotency_key="k"))

    assert (again.job_id, created) == (first.job_id, False)
    assert await queue.size() == 1


@pytest.mark.parametrize("other", [{"pipeline_id": "ocr_only"}, {"options": Options(2)}])
async def test_a_key_for_something_else_is_refused(other: dict[str, object]) -> None:
    jobs, queue = MemoryJobs(), MemoryQueue()
    await submit(jobs, queue, a_new_job(idempotency_key="k"))

    with pytest.raises(IdempotencyKeyReused, match="belongs to job"):
        await submit(jobs, queue, a_new_job(idempotency_key="k", **other))
