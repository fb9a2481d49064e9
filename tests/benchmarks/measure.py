"""Runs a program in a fresh process and measures it and all that it starts."""

import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
# Reading the memory of a process stops it for a moment, so it is not read more often.
SAMPLE_SECONDS = 0.25
MEGABYTE = 1024**2
# Of proc_pid_status(5): pages of no file, and those of shared memory.
OWN = re.compile(r"^Rss(?:Anon|Shmem):\s+(\d+) kB$", re.MULTILINE)


class ProgramFailed(Exception):
    """A measured program ended with another status than 0"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run took: wall and CPU seconds of the whole tree, its largest memory at once.

    The peaks are those of Memory.
    """

    seconds: float
    cpu_seconds: float
    peak_pss: int
    peak_own: int
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
            peak_own=memory.peak_own,
            output=output.read(),
        )


class Memory:
    """Samples the memory of a process in a thread, with its descendants' unless it is ``alone``.

    ``peak`` is the proportional set size in bytes, which counts shared pages once; ``peak_own``
    is what is mapped from no file: whoever maps the same libraries takes part in the one only.
    A peak that is shorter than the samples are apart may be missed.
    """

    def __init__(self, pid: int, *, alone: bool = False) -> None:
        self.peak = 0
        self.peak_own = 0
        self._alone = alone
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
            processes = _tree(self._pid)[: 1 if self._alone else None]
            self.peak = max(self.peak, sum(map(_pss, processes)))
            self.peak_own = max(self.peak_own, sum(map(_own, processes)))


def tree_pss(pid: int) -> int:
    """Bytes that a process and its descendants hold, shared pages divided among their holders."""
    return sum(map(_pss, _tree(pid)))


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def _own(process: psutil.Process) -> int:
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 1024 * sum(int(kilobytes) for kilobytes in OWN.findall(status))
