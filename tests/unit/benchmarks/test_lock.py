import fcntl
from pathlib import Path

import pytest

from tests.benchmarks.lock import timing
from worker.training.loop.pause import running


def is_free(path: Path) -> bool:
    with path.open("a") as file:
        try:
            # As a step of a training takes it.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def test_no_training_takes_a_step_while_a_benchmark_is_timed(tmp_path: Path) -> None:
    with timing(tmp_path / "lock"):
        assert not is_free(tmp_path / "lock")

    with running(tmp_path / "lock"):
        assert is_free(tmp_path / "lock")


def test_the_lock_is_given_back_when_a_benchmark_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), timing(tmp_path / "lock"):
        _ = 1 / 0

    assert is_free(tmp_path / "lock")
