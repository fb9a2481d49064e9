"""What deleting in the background asks of every place jobs are kept."""

from config.failures import FailureCode
from service.services import FullJobStore
from tests.contracts.test_jobs import SUMMARY, new_job, pending, results_of, running


async def test_only_finished_jobs_are_removed_the_oldest_first(jobs: FullJobStore) -> None:
    completed = await running(jobs)
    await jobs.complete(completed.lease, results_of(completed), summary=SUMMARY)
    failed = await running(jobs)
    await jobs.fail(failed.lease, FailureCode.NO_FRAMES, "none")
    held = await running(jobs)
    waiting = await pending(jobs)

    (first,) = await jobs.remove_finished(days=0, limit=1)
    (second,) = await jobs.remove_finished(days=0, limit=10)

    assert (first.job_id, second.job_id) == (completed.job_id, failed.job_id)
    assert first.output_path == results_of(completed).key
    assert await jobs.remove_finished(days=0, limit=10) == []
    assert not await jobs.exists(completed.job_id)
    assert await jobs.exists(held.job_id)
    assert await jobs.exists(waiting.job_id)


async def test_the_idempotency_key_of_a_removed_job_is_free(jobs: FullJobStore) -> None:
    failed = await running(jobs, idempotency_key="k")
    await jobs.fail(failed.lease, FailureCode.NO_FRAMES, "none")
    await jobs.remove_finished(days=0, limit=1)
    _, created = await jobs.insert(new_job(idempotency_key="k"))

    assert created


async def test_a_job_that_finished_just_now_is_not_a_day_old(jobs: FullJobStore) -> None:
    job = await running(jobs)
    await jobs.complete(job.lease, results_of(job), summary=SUMMARY)

    assert await jobs.remove_finished(days=1, limit=10) == []
    assert await jobs.exists(job.job_id)


async def test_only_one_maintains_at_a_time(jobs: FullJobStore) -> None:
    async with jobs.maintaining() as first, jobs.maintaining() as second:
        assert (first, second) == (True, False)
    async with jobs.maintaining() as again:
        assert again
