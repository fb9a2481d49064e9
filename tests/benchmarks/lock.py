"""Keeps the machine to one benchmark: trainings on it stand still while it is timed."""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.training.loop.pause import PATH


@contextmanager
def timing(path: Path = PATH) -> Iterator[None]:
    """Hold the lock that the steps of trainings share, once none of them is under way."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write(f"waiting for {path}, which somebody else holds\n")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
