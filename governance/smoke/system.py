"""A whole system of its own for the smoke test: `forgesyte dev` on a free port, then its end."""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_IXOTH

import psutil

from governance.smoke.check import SmokeFailed

LOOPBACK = "127.0.0.1"
POLL_SECONDS = 0.2
# The first start makes a database cluster; a worker has up to 25 s to requeue its jobs.
START_SECONDS, END_SECONDS = 90.0, 60.0
_LAST_LINES = 20
_REACHABLE = Path("/var/lib/forgesyte")


@contextmanager
def own_system() -> Iterator[str]:
    """Start everything on embedded servers and yield its URL; nothing is left afterwards.

    Raises SmokeFailed when it does not come up; that, and one raised in the block, ends with
    the launcher's last lines.
    """
    with tempfile.TemporaryDirectory(prefix="forgesyte-smoke-", dir=_place()) as folder:
        # PostgreSQL refuses to run as root: then another user has to get at its data.
        Path(folder).chmod(0o755)
        log = Path(folder, "launcher.log")
        port = _free_port()
        launcher = _launched(Path(folder, "data"), port, log)
        try:
            _wait_until_ready(launcher, port)
            yield f"http://{LOOPBACK}:{port}"
        except SmokeFailed as error:
            raise SmokeFailed(
                "\n".join([f"{error}; its last lines:", *_last_lines(log)])
            ) from error
        finally:
            _end(launcher)


def _place() -> Path | None:
    """Where that user may enter: TMPDIR, unless it is closed to others."""
    usual = Path(tempfile.gettempdir()).resolve()
    if os.geteuid() != 0 or all(path.stat().st_mode & S_IXOTH for path in (usual, *usual.parents)):
        return None
    if not _REACHABLE.exists():
        _REACHABLE.mkdir()
        _REACHABLE.chmod(0o755)
    return _REACHABLE


def _launched(data: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "service.cli", "dev", "--port", str(port), "--data", str(data)]
    with log.open("wb") as output:
        # A group of its own: a Ctrl-C reaches the launcher once, through us.
        return subprocess.Popen(
            command,
            env=_environ(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_ready(launcher: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(port):
        if launcher.poll() is not None or time.monotonic() > deadline:
            raise SmokeFailed("the system did not start")
        time.sleep(POLL_SECONDS)


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _last_lines(log: Path) -> list[str]:
    """The launcher's last lines, without the records of our own requests."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return [line for line in lines if "request completed" not in line][-_LAST_LINES:]


def _end(launcher: subprocess.Popen[bytes]) -> None:
    # Not SIGINT: started in the background, by nohup or a runner, we ignore it, and so does a
    # launcher that has not come to set its handlers.
    launcher.terminate()
    try:
        launcher.wait(END_SECONDS)
    except subprocess.TimeoutExpired as error:
        _kill(launcher)
        raise SmokeFailed(f"the system did not end within {END_SECONDS:g} seconds") from error


def _kill(launcher: subprocess.Popen[bytes]) -> None:
    family = psutil.Process(launcher.pid).children(recursive=True)
    launcher.kill()
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    launcher.wait()


def _environ() -> dict[str, str]:
    """Ours, but for the servers it names, and who may ask: this system has its own."""
    named = {
        "DATABASE_URL",
        "REDIS_URL",
        "FORGESYTE_AUTH",
        "FORGESYTE_DATABASE_DIRECT_URL",
        "FORGESYTE_STORAGE_URL",
    }
    return {name: value for name, value in os.environ.items() if name not in named}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
