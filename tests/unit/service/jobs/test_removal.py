from uuid import UUID

import pytest

from service.jobs.model import Lease, attempt_results_key, results_key, source_key
from service.jobs.removal import job_id_of

JOB_ID = UUID("5f0c8f9e-3c43-4a55-9d4b-0a6a3f6f2d11")


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
