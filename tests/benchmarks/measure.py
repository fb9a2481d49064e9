"""Runs a program in a fresh process and measures it and all that it starts."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
# Reading the memory of a process stops it for a moment, so it is not read more often.
SAMPLE_SECONDS = 0.25
MEGABYTE = 1024**2


class ProgramFailed(Exception):
    """A measured program ended with another status than 0"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run took: wall and CPU seconds of the whole tree, its largest memory at once.

    ``peak_pss`` counts shared pages once, in bytes; it is sampled, so a short peak may be missed.
    """

    seconds: float
    cpu_seconds: float
    peak_pss: int
    output: bytes


def run(
    command: Sequence[str | Path],
    *,
    environ: Mapping[str, str] | None = None,
    cores: Sequence[int] | None = None,
) -> Measured:
    """Run a command to its end, on those cores alone; raises ProgramFailed with its last words."""
    pinned = ["taskset", "-c", ",".join(map(str, cores))] if cores is not None else []
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            [*pinned, *map(str, command)],
            cwd=ROOT,
            env=dict(environ if environ is not None else os.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
        )
        with Memory(process.pid) as memory:
            _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            told = errors.read().decode(errors="replace")[-2000:]
            raise ProgramFailed(f"{' '.join(map(str, command))}: {process.returncode}\n{told}")
        output.seek(0)
        return Measured(
            seconds=seconds,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_pss=memory.peak,
            output=output.read(),
        )


class Memory:
    """Samples the memory of a process in a thread, by default with its descendants'.

    ``peak`` is in bytes.
    """

    def __init__(self, pid: int, *, of: Callable[[int], int] | None = None) -> None:
        self.peak = 0
        self._of = of or tree_pss
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="memory", daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, self._of(self._pid))


def tree_pss(pid: int) -> int:
    """Bytes that a process and its descendants hold, shared pages divided among their holders."""
    try:
        root = psutil.Process(pid)
        return sum(_pss(process) for process in (root, *root.children(recursive=True)))
    except psutil.NoSuchProcess:
        return 0


def own_pss(pid: int) -> int:
    """Bytes that a process holds without its descendants."""
    return _pss(psutil.Process(pid))


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
