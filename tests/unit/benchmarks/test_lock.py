import fcntl
from pathlib import Path

import pytest

from tests.benchmarks.lock import NAME, machine_to_itself


def is_free(path: Path) -> bool:
    with path.open("a") as file:
        try:
            # As training holds it while it works.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def test_nobody_else_has_the_lock_while_it_is_held(tmp_path: Path) -> None:
    with machine_to_itself(tmp_path):
        assert not is_free(tmp_path / NAME)

    assert is_free(tmp_path / NAME)


def test_the_lock_is_given_back_when_a_benchmark_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), machine_to_itself(tmp_path):
        _ = 1 / 0

    assert is_free(tmp_path / NAME)
