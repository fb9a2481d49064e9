"""Training and benchmarks take turns: nothing is trained while something is timed.

A benchmark holds the file's lock for itself, the steps of trainings share it; the system drops it
with the process, so a file that was left behind stops nobody.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

PATH = Path(gettempdir()) / "forgesyte-bench.lock"
# Long enough that the pauses of a training and of those who draw for it overlap now and then: a
# lock that is shared all the time would never come to a benchmark that waits.
TURN_SECONDS = 0.01


@contextmanager
def running(path: Path = PATH) -> Iterator[None]:
    """A step of a training: waits while a benchmark is timed. Steps do not wait for each other."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield
    time.sleep(TURN_SECONDS)
