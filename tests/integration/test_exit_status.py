"""How a worker ends that cannot load its pipeline: for a supervisor to try again, or not."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Start = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def start(migrated_url: str, redis_url: str, tmp_path: Path) -> Start:
    def start(**settings: str) -> subprocess.CompletedProcess[str]:
        environ = {
            "PATH": os.environ["PATH"],
            "TMPDIR": str(tmp_path),
            "DATABASE_URL": migrated_url,
            "REDIS_URL": redis_url,
            "FORGESYTE_STORAGE_URL": (tmp_path / "storage").as_uri(),
            "FORGESYTE_LOG_FORMAT": "json",
        }
        command = [sys.executable, "-m", "worker"]
        return subprocess.run(
            command, env=environ | settings, check=False, capture_output=True, text=True, timeout=90
        )

    return start


def told_by(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Standard error but for the log."""
    return [line for line in done.stderr.splitlines() if not line.startswith("{")]


def test_weights_that_are_not_there_are_a_wrong_setting(start: Start, tmp_path: Path) -> None:
    done = start(FORGESYTE_DETECTOR_WEIGHTS=str(tmp_path / "no.pt"))

    assert done.returncode == 2
    (line,) = told_by(done)
    assert line.startswith("worker cannot run: FORGESYTE_DETECTOR_WEIGHTS=")
    assert "trying again" not in done.stderr


def test_a_pipeline_that_is_ended_while_it_loads_is_no_wrong_setting(start: Start) -> None:
    """Supervisors do not start again what says that its settings are wrong."""
    done = start(FORGESYTE_MAX_MEMORY_BYTES="1")

    assert done.returncode == 1
    (line,) = told_by(done)
    assert line.startswith("worker cannot run: FORGESYTE_MAX_MEMORY_BYTES is 1, and the pipeline ")
    assert done.stderr.count("pipeline process not ready, trying again") == 3
