"""The Procfile's processes, each of its own: started, started again when one dies, ended."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from service.launcher.errors import ProcessRefused
from service.launcher.server_process import end

# A worker hands back what it holds within 25 s; the rest is for ending the interpreter.
SHUTDOWN_SECONDS = 30.0
MAX_BACKOFF_SECONDS = 30.0
_STEADY_SECONDS = 60.0
_POLL_SECONDS = 0.05

Say = Callable[[str, str], None]


# Of web and of worker: a setting, a pipeline or the schema is wrong.
CANNOT_RUN = 2


@dataclass(frozen=True)
class Surroundings:
    """What the processes have in common; `pids` is the folder that remembers their ids."""

    environ: Mapping[str, str]
    folder: Path
    pids: Path
    say: Say


@dataclass
class _Child:
    name: str
    process: subprocess.Popen[str]
    reader: threading.Thread
    started_at: float
    deaths: int = 0
    starts_again_at: float | None = None


@dataclass
class Processes:
    """The running processes by the Procfile's names."""

    lines: Mapping[str, str]
    surroundings: Surroundings
    _children: dict[str, _Child] = field(default_factory=dict)

    def end_left_behind(self) -> None:
        """End what a killed launcher left of these lines."""
        for name in self.lines:
            _end_left_behind(self.surroundings.pids / f"{name}.pid")

    def start(self) -> None:
        """Start every line."""
        for name in self.lines:
            self._start(name, deaths=0)

    def tend(self) -> None:
        """Start again, after a growing pause, what has ended by itself; call it every moment.

        Raises ProcessRefused for one that said that it cannot run: the next would say the same.
        """
        for child in list(self._children.values()):
            if child.starts_again_at is None and child.process.poll() is not None:
                self._bury(child)
            elif child.starts_again_at is not None and time.monotonic() >= child.starts_again_at:
                self._start(child.name, deaths=child.deaths)

    @property
    def deaths(self) -> int:
        """How often in a row the least steady process has ended by itself."""
        return max((child.deaths for child in self._children.values()), default=0)

    def pid(self, name: str) -> int:
        """The process id of a Procfile's name."""
        return self._children[name].process.pid

    def stop(self) -> None:
        """End all with SIGTERM and time to hand back their jobs, then with SIGKILL."""
        for child in self._children.values():
            _signal_group(child.process, signal.SIGTERM)
        deadline = time.monotonic() + SHUTDOWN_SECONDS
        for child in self._children.values():
            self._await_end(child, deadline)

    def _start(self, name: str, *, deaths: int) -> None:
        around = self.surroundings
        process = subprocess.Popen(
            # exec: the id we signal is the program's, not the shell's.
            ["/bin/sh", "-c", f"exec {self.lines[name]}"],
            cwd=around.folder,
            env=dict(around.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        _remember(around.pids / f"{name}.pid", process.pid)
        reader = threading.Thread(
            target=_pass_on, args=(name, process.stdout, around.say), daemon=True
        )
        reader.start()
        self._children[name] = _Child(name, process, reader, time.monotonic(), deaths)

    def _bury(self, child: _Child) -> None:
        if child.process.returncode == CANNOT_RUN:
            # What it said last is the reason.
            child.reader.join(timeout=1.0)
            raise ProcessRefused(f"{child.name} cannot run as things are; it says why above")
        steady = time.monotonic() - child.started_at > _STEADY_SECONDS
        child.deaths = 1 if steady else child.deaths + 1
        pause = min(2.0 ** (child.deaths - 1), MAX_BACKOFF_SECONDS)
        child.starts_again_at = time.monotonic() + pause
        status = _in_words(child.process.returncode)
        self.surroundings.say(child.name, f"ended by itself ({status}); again in {pause:.0f} s")

    def _await_end(self, child: _Child, deadline: float) -> None:
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.surroundings.say(child.name, f"did not end in {SHUTDOWN_SECONDS:.0f} s: killed")
        _signal_group(child.process, signal.SIGKILL)
        child.process.wait()
        child.reader.join(timeout=1.0)
        (self.surroundings.pids / f"{child.name}.pid").unlink(missing_ok=True)


def _end_left_behind(pid_file: Path) -> None:
    # An id alone may name a stranger by now; with the time of its start it cannot.
    with suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):
        pid, created = pid_file.read_text().split()
        process = psutil.Process(int(pid))
        if process.create_time() == float(created):
            end(process, signal.SIGTERM, SHUTDOWN_SECONDS)


def _remember(pid_file: Path, pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        pid_file.write_text(f"{pid} {psutil.Process(pid).create_time()!r}\n")


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _pass_on(name: str, output: IO[str], say: Say) -> None:
    with output:
        for line in output:
            say(name, line.rstrip("\n"))


def _in_words(returncode: int) -> str:
    if returncode >= 0:
        return f"exit status {returncode}"
    return signal.Signals(-returncode).name
