"""Keeps the machine to one benchmark: training in the background stands still while it is held."""

import fcntl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "forgesyte-bench.lock"


@contextmanager
def machine_to_itself(folder: Path | None = None) -> Iterator[None]:
    """Hold the lock of all benchmarks on this machine, once nobody else does."""
    path = (folder or Path(tempfile.gettempdir())) / NAME
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write(f"waiting for {path}, which somebody else holds\n")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
