"""A process that may open no more files."""

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    """Every descriptor up to the limit is taken; what is open stays usable."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    taken: list[int] = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, before[1]))
    try:
        _take_all(taken)
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for descriptor in taken:
            os.close(descriptor)


def _take_all(taken: list[int]) -> None:
    try:
        while True:
            taken.append(os.dup(0))
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
