"""A child process in a session of its own, with everything it starts, at the end of a channel."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil

from worker.process.channel import Channel
from worker.process.scratch import VARIABLE, ScratchFolder

POLL_SECONDS = 0.02
# include/linux/sched.h: forked, and has not exec'd since.
PF_FORKNOEXEC = 0x40
# proc(5): after the name, which may hold any character, the state comes first, the flags seventh.
STATE_FIELD, FLAGS_FIELD = 0, 6
# In a wait that no signal handler ends: for a disk, or for the server of a mounted folder.
DISK_SLEEP = b"D"


@dataclass(frozen=True, slots=True)
class Program:
    """What a child runs, and in which environment; None hands ours on."""

    command: tuple[str, ...]
    environ: Mapping[str, str] | None = None


class ChildProcess:
    """One child; it gets the number of its end of the channel as last argument.

    It gets a temporary folder too, which goes with it however it ends: parts of strangers' videos
    lie there. For one thread only; nothing blocks but end().
    """

    def __init__(self, program: Program) -> None:
        """Raises SettingsError when there is no place for temporary folders."""
        environ = os.environ if program.environ is None else program.environ
        with ExitStack() as undo:
            self._scratch = ScratchFolder()
            undo.callback(self._scratch.close)
            ours, theirs = socket.socketpair()
            undo.callback(ours.close)
            with theirs:
                descriptor = theirs.fileno()
                self._process = subprocess.Popen(
                    [*program.command, str(descriptor)],
                    env={**environ, VARIABLE: str(self._scratch.path)},
                    pass_fds=[descriptor],
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            undo.pop_all()
        self.channel = Channel(ours)

    @property
    def pid(self) -> int:
        """The child's id, which is its group's and its session's id too."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the child has not ended; one that has stays unreaped until end()."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None

    def memory_bytes(self) -> int:
        """Resident memory of the child and of what it started."""
        try:
            leader = psutil.Process(self.pid)
            started = leader.children(recursive=True)
        except psutil.NoSuchProcess:
            return 0
        # Until a started program has exec'd, its memory is its parent's: seen twice, there once.
        # PSS is no help where it is shared by vfork, and takes a thousand times as long.
        family = [leader, *(process for process in started if _has_execed(process))]
        return sum(_resident_bytes(process) for process in family)

    def waits_for_disk(self) -> bool:
        """Whether a thread of the child does, at this moment."""
        try:
            threads = list(Path(f"/proc/{self.pid}/task").iterdir())
        except OSError:
            return False
        return any(fields[STATE_FIELD] == DISK_SLEEP for fields in map(_stat, threads) if fields)

    def end(self, *, term_seconds: float) -> int:
        """TERM the group, KILL what is left of it after term_seconds; the child's return code."""
        self._signal(signal.SIGTERM)
        self._await_exit(term_seconds)
        self._signal(signal.SIGKILL)
        self.channel.close()
        returned = self._process.wait()
        self._scratch.close()
        return returned

    def _signal(self, number: signal.Signals) -> None:
        # Not reaped before the last signal, so the group's id cannot be somebody else's yet.
        os.killpg(self.pid, number)

    def _await_exit(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self.alive and time.monotonic() < until:
            time.sleep(POLL_SECONDS)


def exit_in_words(returncode: int) -> str:
    """How a child ended, by its return code: below 0 by a signal."""
    if returncode >= 0:
        return f"exit status {returncode}"
    # Real-time signals have numbers alone.
    names = {number.value: number.name for number in signal.Signals}
    return names.get(-returncode, f"signal {-returncode}")


def _has_execed(process: psutil.Process) -> bool:
    fields = _stat(Path(f"/proc/{process.pid}"))
    return bool(fields) and not int(fields[FLAGS_FIELD]) & PF_FORKNOEXEC


def _stat(folder: Path) -> list[bytes]:
    """What proc(5) says of a process or thread after its name; nothing where it has ended."""
    try:
        return (folder / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return []


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0
