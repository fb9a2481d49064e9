from uuid import UUID

import pytest

from config.failures import RETRYABLE, FailureCode
from service.dispatch.submit import after_crash
from service.jobs.memory import MemoryJobs
from service.jobs.model import (
    TERMINAL,
    TRANSITIONS,
    Lease,
    Status,
    attempt_results_key,
    job_id_of,
    results_key,
    source_key,
)
from tests.unit.service.jobs.samples import a_new_job, running_job

JOB_ID = UUID("5f0c8f9e-3c43-4a55-9d4b-0a6a3f6f2d11")


def test_the_moves_are_the_four_and_the_requeue() -> None:
    """JOB-2."""
    moves = {(start, end) for start, ends in TRANSITIONS.items() for end in ends}

    assert set(TRANSITIONS) == set(Status)
    assert moves == {
        (Status.PENDING, Status.RUNNING),
        (Status.RUNNING, Status.COMPLETED),
        (Status.RUNNING, Status.FAILED),
        (Status.RUNNING, Status.PENDING),
    }
    assert {Status.COMPLETED, Status.FAILED} == TERMINAL


def test_every_error_code_is_final_or_worth_another_attempt() -> None:
    """JOB-5."""
    assert set(RETRYABLE) == set(FailureCode)
    assert {code for code, again in RETRYABLE.items() if again} == {
        FailureCode.DEADLINE_EXCEEDED,
        FailureCode.OUT_OF_MEMORY,
        FailureCode.PIPELINE_CRASHED,
        FailureCode.WORKER_LOST,
        FailureCode.INTERNAL_ERROR,
    }


@pytest.mark.parametrize("code", list(FailureCode))
async def test_only_a_retryable_error_with_attempts_left_goes_back(code: FailureCode) -> None:
    """JOB-5."""
    job = await running_job(MemoryJobs())

    assert (after_crash(job, code, max_attempts=2) is Status.PENDING) == RETRYABLE[code]
    assert after_crash(job, code, max_attempts=1) is Status.FAILED


async def test_an_interrupted_attempt_is_no_crash() -> None:
    jobs = MemoryJobs()
    job = await running_job(jobs)
    await jobs.requeue(job.lease, interrupted=True)
    again = await jobs.claim(owner="w", lease_seconds=60)

    assert again is not None
    assert (again.attempt, again.crashes) == (2, 1)


def test_videos_and_results_are_stored_under_the_keys_operators_know() -> None:
    """STO-1."""
    job_id = UUID("0b5c6b4e-96a7-4c9f-8a53-1f2f6c1b7a10")

    assert source_key(job_id) == "video_jobs/0b5c6b4e-96a7-4c9f-8a53-1f2f6c1b7a10.mp4"
    assert results_key(job_id) == "video_jobs/0b5c6b4e-96a7-4c9f-8a53-1f2f6c1b7a10_results.json"


async def test_a_lease_is_only_had_while_running() -> None:
    job, _ = await MemoryJobs().insert(a_new_job())

    with pytest.raises(ValueError, match="nobody holds it"):
        _ = job.lease


@pytest.mark.parametrize(
    "key",
    [
        source_key(JOB_ID),
        results_key(JOB_ID),
        attempt_results_key(Lease(JOB_ID, 1, "w")),
        attempt_results_key(Lease(JOB_ID, 120, "w")),
    ],
)
def test_every_key_of_a_job_is_known_as_its_own(key: str) -> None:
    assert job_id_of(key) == JOB_ID


@pytest.mark.parametrize(
    "key",
    [
        f"{JOB_ID}.mp4",
        f"others/{JOB_ID}.mp4",
        f"video_jobs/{JOB_ID}",
        f"video_jobs/{JOB_ID}.mp4.bak",
        f"video_jobs/{JOB_ID}.mov",
        f"video_jobs/x{JOB_ID}.mp4",
        f"video_jobs/{JOB_ID}_results.json.gz",
        "video_jobs/video.mp4",
        "video_jobs/README",
    ],
)
def test_other_files_are_no_jobs(key: str) -> None:
    assert job_id_of(key) is None
