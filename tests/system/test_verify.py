"""`forgesyte verify`: a stored result is proved by making it again."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.system.harness import System


@pytest.fixture
def job_id(system: System, video: Path) -> str:
    """A job that the system's worker has completed."""
    system.start_web()
    system.start_worker()
    job_id = system.submit(video, frame_stride=5, max_frames=4)
    system.wait_completed(job_id)
    return job_id


def verify(system: System, job_id: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service.cli", "verify", "--url", system.url, job_id],
        env=os.environ | environ,
        check=False,
        capture_output=True,
        text=True,
    )


def test_what_a_worker_found_is_found_again_byte_by_byte(system: System, job_id: str) -> None:
    """WRK-4"""
    done = verify(system, job_id)

    _, summary = system.get(f"/v1/video/summary/{job_id}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == summary["results_sha256"]


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, "by the same means"),
        ({"FORGESYTE_READER_ENGINE": "pytesseract"}, "here other means made it: nodes.read."),
    ],
)
def test_a_result_that_no_analysis_gives_is_found_out(
    system: System, job_id: str, environ: dict[str, str], why: str
) -> None:
    with psycopg.connect(system.database_url) as connection:
        connection.execute(
            "UPDATE jobs SET output_sha256 = repeat('0', 64) WHERE job_id = %s", (job_id,)
        )
    done = verify(system, job_id, **environ)

    assert done.returncode == 1
    assert f"its results are {'0' * 64}, made again" in done.stderr
    assert why in done.stderr
