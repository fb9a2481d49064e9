import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

DATABASES = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def start(tmp_path: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Start web with this environment and nothing of ours around it; it has to end by itself."""
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    stored = {"FORGESYTE_STORAGE_URL": f"file://{tmp_path}/storage"}
    return subprocess.run(
        [sys.executable, "-m", "service"],
        env=bare | stored | environ,
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
        ({**DATABASES, "FORGESYTE_HOST": "0.0.0.0"}, "FORGESYTE_AUTH"),
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
