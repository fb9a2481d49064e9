"""What a benchmark starts and writes goes with it, however it ends, kill -9 included.

`python -m tests.benchmarks.guard FOLDER` is the process that sees to it.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from service.launcher.servers_folder import open_temporary_folder

ROOT = Path(__file__).parents[2]
# PostgreSQL ends in a moment, and killed would leave its shared memory behind.
END_SECONDS = 5.0
POLL_SECONDS = 0.05


@contextmanager
def leaving_nothing() -> Iterator[Path]:
    """The folder of everything temporary, of this process and of those it starts, for a block.

    When the block, or this process, has ended, so have they, and the folder is gone.
    """
    with open_temporary_folder("forgesyte-bench-") as folder, _guarded(folder):
        before = tempfile.tempdir, os.environ.get("TMPDIR")
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir = before[0]
            os.environ.pop("TMPDIR")
            os.environ.update({"TMPDIR": before[1]} if before[1] is not None else {})


def main() -> None:
    """Wait until the benchmark has ended, then end what works in its folder, and remove that."""
    folder = Path(sys.argv[1])
    sys.stdin.buffer.read()
    for process in _working_in(folder):
        _send(process, signal.SIGINT)
    deadline = time.monotonic() + END_SECONDS
    while left := _working_in(folder):
        time.sleep(POLL_SECONDS)
        if time.monotonic() > deadline:
            for process in left:
                _send(process, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _guarded(folder: Path) -> Iterator[None]:
    # A session of its own: what ends a whole terminal or process group leaves it alone.
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.guard", str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        start_new_session=True,
    ):
        # Popen's own end closes the pipe, as the end of this process does, and waits.
        yield


def _working_in(folder: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _works_in(process, folder)]


def _works_in(process: psutil.Process, folder: Path) -> bool:
    # The servers get an environment without ours, and work in their data.
    try:
        told, at = process.environ().get("TMPDIR"), Path(process.cwd())
    except psutil.Error:
        return False
    return told == str(folder) or at.is_relative_to(folder)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


if __name__ == "__main__":
    main()
