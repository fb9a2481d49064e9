"""One server program: started, waited for, ended, and ended when its launcher could not."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from service.launcher.errors import EmbeddedServersError
from service.launcher.programs import Account

START_SECONDS = 60.0
STOP_SECONDS = 30.0
_POLL_SECONDS = 0.02
_LOG_LINES_SHOWN = 5


@dataclass(frozen=True)
class ServerProgram:
    """How to start and end one server; `folder` is where it keeps its data and its working dir."""

    command: list[str]
    folder: Path
    log: Path
    account: Account
    stop: signal.Signals
    answers: Callable[[], bool]
    standard_input: bytes = b""


@contextmanager
def running(program: ServerProgram) -> Iterator[int]:
    """Run the server until the block ends; yields its process id once it answers.

    Raises EmbeddedServersError with the end of its log when it ends or stays silent instead.
    """
    process = _start(program)
    try:
        _wait_until_it_answers(process, program)
        yield process.pid
    finally:
        process.send_signal(program.stop)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_left_behind(pid_file: Path, folder: Path, stop: signal.Signals) -> None:
    """End the server named in `pid_file`, if it lives and still works in `folder`."""
    process = _left_behind(pid_file, folder)
    if process is not None:
        end(process, stop, STOP_SECONDS)


def end(process: psutil.Process, stop: signal.Signals, seconds: float) -> None:
    """Ask a process that is not our child to end, and kill it when it has not after `seconds`."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(stop)
        if not _ended(process, seconds):
            process.kill()
            _ended(process, seconds)


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def server_environ() -> dict[str, str]:
    """An environment that carries none of our secrets and no library path of the user's."""
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _start(program: ServerProgram) -> subprocess.Popen[bytes]:
    with program.log.open("wb") as log:
        # A session of its own: the terminal's Ctrl-C reaches the launcher, which ends web and
        # worker first and the servers after them.
        process = subprocess.Popen(
            program.command,
            cwd=program.folder,
            env=server_environ(),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=program.account.user,
            group=program.account.group,
            extra_groups=program.account.extra_groups,
        )
    if process.stdin is not None:
        process.stdin.write(program.standard_input)
        process.stdin.close()
    return process


def _wait_until_it_answers(process: subprocess.Popen[bytes], program: ServerProgram) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not program.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            shown = program.log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
            name = Path(program.command[0]).name
            raise EmbeddedServersError(f"{name} did not start ({program.log}): {' | '.join(shown)}")
        time.sleep(_POLL_SECONDS)


def _left_behind(pid_file: Path, folder: Path) -> psutil.Process | None:
    # Both servers work in their data folder, which tells them from a stranger with a reused id.
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        return process if Path(process.cwd()) == folder.resolve() else None
    except (FileNotFoundError, IndexError, ValueError, psutil.Error):
        return None


def _ended(process: psutil.Process, seconds: float) -> bool:
    # psutil's own wait takes a zombie for alive, and some containers' init reaps late or never.
    deadline = time.monotonic() + seconds
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
