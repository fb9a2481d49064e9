"""The Procfile on a platform, which gives DATABASE_URL, REDIS_URL and PORT, and little else."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from service.launcher.server_process import free_port
from tests.several import page
from tests.system.harness import EXIT_SECONDS, OPENER, ROOT
from tests.waiting import wait_until

LINES = dict(line.split(": ") for line in (ROOT / "Procfile").read_text().splitlines())


@pytest.fixture
def environ(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DATABASE_URL": database_url.replace("postgresql://", "postgres://"),
        "REDIS_URL": redis_url,
        "PORT": str(free_port()),
        "FORGESYTE_HOST": "0.0.0.0",
        "FORGESYTE_STORAGE_URL": f"file://{tmp_path}/storage",
    }


def test_the_release_phase_makes_the_schema_and_web_then_serves_strangers_with_a_token(
    environ: dict[str, str],
) -> None:
    """JOB-4: releasing twice is safe."""
    released = [typed(LINES["release"], environ).wait(60) for _ in range(2)]
    web = typed(LINES["web"], environ)
    # Another address than the one of its own: whoever reaches the machine reaches it.
    url = f"http://127.0.0.2:{environ['PORT']}"
    try:
        wait_until(lambda: web.poll() is None and status(f"{url}/readyz") == 200)
        without_token = status(f"{url}/v1/jobs")
        web.terminate()
        ended = web.wait(EXIT_SECONDS)
    finally:
        web.kill()

    assert released == [0, 0]
    assert without_token == 401
    assert ended == 0


def test_the_page_starts_what_the_procfile_starts() -> None:
    assert {page.WEB: LINES["web"], page.WORKER: LINES["worker"]} == page.PROGRAMS
    assert page.RELEASE.strip() == LINES["release"]


def typed(line: str, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    """A line of the Procfile, as a platform runs it."""
    return subprocess.Popen(["sh", "-c", f"exec {line}"], cwd=ROOT, env=environ)


def status(url: str) -> int:
    """What a path is answered with, 0 when nobody answers."""
    try:
        with OPENER.open(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
