import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.waiting import wait_until

DATABASES = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def bare_environ(tmp_path: Path) -> dict[str, str]:
    """An environment with nothing of ours in it but where videos go."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"FORGESYTE_STORAGE_URL": f"file://{tmp_path}/storage"}


def start(tmp_path: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Start web with this environment and nothing of ours around it; it has to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "service"],
        env=bare_environ(tmp_path) | environ,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({}, "DATABASE_URL"),
        ({**DATABASES, "PORT": "http"}, "PORT"),
        ({**DATABASES, "FORGESYTE_STORAGE_URL": "s3://bucket"}, "FORGESYTE_STORAGE_URL"),
        ({**DATABASES, "FORGESYTE_AUTH": "maybe"}, "FORGESYTE_AUTH"),
        ({**DATABASES, "FORGESYTE_LEASE_SECOND": "9"}, "FORGESYTE_LEASE_SECOND"),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_line_that_names_it(
    tmp_path: Path, environ: dict[str, str], names: str
) -> None:
    ended = start(tmp_path, **environ)

    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("web cannot start: ")
    assert names in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_stops_the_start_with_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = start(tmp_path, **DATABASES, PORT=str(taken.getsockname()[1]))

    assert ended.returncode == 2
    assert "address already in use" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


@contextmanager
def serving(tmp_path: Path, command: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Web without its servers, and its port; it has to end well when it is asked to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = bare_environ(tmp_path) | DATABASES | {"PORT": str(port)}
    web = subprocess.Popen(["sh", "-c", command], env=environ, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _status(port, "/livez") == 200)
        yield web, port
    finally:
        web.terminate()
        assert web.wait(30) == 0


def test_web_takes_all_the_descriptors_it_may_have(tmp_path: Path) -> None:
    with serving(tmp_path, f"ulimit -S -n 128; exec {sys.executable} -m service") as (web, _):
        soft, hard = resource.prlimit(web.pid, resource.RLIMIT_NOFILE)

    assert soft == hard


def test_web_answers_problems_where_docstrings_are_left_out(tmp_path: Path) -> None:
    """`python -OO` strips the docstrings that titles were made of."""
    with serving(tmp_path, f"exec {sys.executable} -OO -m service") as (_, port):
        refused = _status(port, "/v1/video/status/none")
        not_ready = _status(port, "/readyz")

    assert (refused, not_ready) == (404, 503)


def _status(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except ConnectionError:
        return 0
    finally:
        connection.close()
