"""The real system: real servers, real processes, real videos."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from service.launcher.embedded import Servers
from tests.data.videos import text_video
from tests.system.harness import HISTORY, LONG_FRAMES, System, environ_for

# Every period is a part of the lease: seconds instead of minutes.
LEASE_SECONDS = "4"

# What a process needs in its environment to reach the database of a URL.
Way = Callable[[str], Mapping[str, str]]


@pytest.fixture(scope="session")
def way(request: pytest.FixtureRequest) -> Way:
    """Through a PgBouncer where TEST_POOLER is set."""
    if os.environ.get("TEST_POOLER"):
        environ: Way = request.getfixturevalue("pgbouncer").environ
        return environ
    return lambda url: {"DATABASE_URL": url}


@pytest.fixture
def fresh_system(tmp_path: Path, migrated_url: str, redis_url: str, way: Way) -> Iterator[System]:
    """Nothing is started yet; what a test starts is killed after it."""
    system = system_in(tmp_path, migrated_url, redis_url, way)
    yield system
    system.end()


@pytest.fixture
def system(file_system: System, redis_url: str) -> Iterator[System]:
    """What earlier tests of the file started and left alive goes on, once no job is under way."""
    yield file_system
    if file_system.forget_jobs():
        file_system.end()
    else:
        file_system.show()


@pytest.fixture(scope="module")
def file_system(
    tmp_path_factory: pytest.TempPathFactory, shared_url: str, servers: Servers, way: Way
) -> Iterator[System]:
    """The system that the tests of one file share."""
    system = system_in(tmp_path_factory.mktemp("system"), shared_url, servers.redis_url, way)
    yield system
    system.end()


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of a second with text in it."""
    return text_video(tmp_path_factory.mktemp("videos") / "tiny.mp4")


@pytest.fixture(scope="session")
def long_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video that takes long enough to be held in the middle."""
    return text_video(tmp_path_factory.mktemp("videos") / "long.mp4", frames=LONG_FRAMES)


def system_in(folder: Path, database_url: str, redis_url: str, way: Way) -> System:
    """Processes to be started over these servers and a folder, whose rows tell their history."""
    environ = environ_for(
        folder,
        database_url=database_url,
        redis_url=redis_url,
        lease_seconds=LEASE_SECONDS,
        # A video that a test submits again is to be analysed again.
        repeats="off",
    )
    with psycopg.connect(database_url) as connection:
        connection.execute(HISTORY)
    return System(folder, database_url, environ | dict(way(database_url)))
