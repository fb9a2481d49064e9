"""A child process in a session of its own, with everything it starts, at the end of a pipe."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import Pipe
from tempfile import TemporaryDirectory

import psutil

POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Program:
    """What a child runs, and in which environment; None hands ours on."""

    command: tuple[str, ...]
    environ: Mapping[str, str] | None = None


class ChildProcess:
    """One child; it gets the number of its end of the pipe as last argument.

    A child with an environment of its own gets a temporary folder in it, which goes with the
    child however that ends: parts of strangers' films lie there. Blocking, and for one thread only.
    """

    def __init__(self, program: Program) -> None:
        self._scratch = TemporaryDirectory(prefix="forgesyte-pipeline-", ignore_cleanup_errors=True)
        environ = program.environ and {**program.environ, "TMPDIR": self._scratch.name}
        ours, theirs = Pipe()
        with theirs:
            descriptor = theirs.fileno()
            self._process = subprocess.Popen(
                [*program.command, str(descriptor)],
                env=environ,
                pass_fds=[descriptor],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._connection = ours

    @property
    def pid(self) -> int:
        """The child's id, which is its group's and its session's id too."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the child has not ended; one that has stays unreaped until end()."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None

    def send(self, message: bytes) -> None:
        """Send one message; raises OSError when the child is gone."""
        self._connection.send_bytes(message)

    def receive(self, *, wait_seconds: float) -> bytes | None:
        """The next message, None when none came; raises EOFError or OSError when it is gone."""
        return self._connection.recv_bytes() if self._connection.poll(wait_seconds) else None

    def memory_bytes(self) -> int:
        """Resident memory of the child and its descendants."""
        try:
            leader = psutil.Process(self.pid)
            family = [leader, *leader.children(recursive=True)]
        except psutil.NoSuchProcess:
            return 0
        return sum(_resident_bytes(process) for process in family)

    def end(self, *, term_seconds: float) -> int:
        """TERM the group, KILL what is left of it after term_seconds; the child's return code."""
        self._signal(signal.SIGTERM)
        self._await_exit(term_seconds)
        self._signal(signal.SIGKILL)
        self._connection.close()
        returned = self._process.wait()
        self._scratch.cleanup()
        return returned

    def _signal(self, number: signal.Signals) -> None:
        # Not reaped before the last signal, so the group's id cannot be somebody else's yet.
        os.killpg(self.pid, number)

    def _await_exit(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self.alive and time.monotonic() < until:
            time.sleep(POLL_SECONDS)


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0
