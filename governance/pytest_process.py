"""Pytest in a process of its own, of which nothing is left when it hangs."""

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

END_SECONDS = 60.0
_SAID_LINES = 20
# Started in the background, by nohup or a runner, we ignore interrupts, and so would what we
# start: pytest must not, or it could only be killed, and the servers of its tests would stay.
_INTERRUPTIBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
import pytest
sys.exit(pytest.main())
"""


def run_pytest(
    tests: Sequence[str],
    *,
    folder: Path,
    environ: Mapping[str, str],
    seconds: float | None = None,
    end_seconds: float = END_SECONDS,
) -> tuple[int | None, str]:
    """Pytest's exit status and its last lines; no status when it was not done after `seconds`."""
    process = subprocess.Popen(
        [sys.executable, "-c", _INTERRUPTIBLE, "-q", "-x", "-p", "no:cacheprovider", *tests],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        _end(process, end_seconds)
    return process.returncode, "\n".join(said.splitlines()[-_SAID_LINES:])


def _end(process: subprocess.Popen[str], seconds: float) -> None:
    if process.poll() is not None:
        return
    family = _descendants(process.pid)
    # Interrupted, pytest ends the servers it has started.
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=seconds)
    family |= _descendants(process.pid)
    process.kill()
    # Servers have sessions of their own, so no group reaches them all.
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.communicate()


def _descendants(pid: int) -> set[psutil.Process]:
    try:
        return set(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return set()
