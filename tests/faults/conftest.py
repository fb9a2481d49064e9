"""Servers that may be killed, nobody else's, and processes that may be killed at a place."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from service.jobs.migrate import migrate
from tests.faults.history.cluster import WEB, WORKER
from tests.faults.processes.steps import PLACES_VARIABLE
from tests.faults.servers import Pair, open_servers
from tests.system.harness import HISTORY, System, environ_for

# A busy machine may keep a process from three heartbeats, a quarter of a lease each, and no more.
LEASE_SECONDS = 2.0


@pytest.fixture(scope="session")
def own_servers(reachable_folder: Path) -> Iterator[Pair]:
    """A PostgreSQL and a Redis for the tests of this folder."""
    with open_servers(reachable_folder / "faults") as servers:
        yield servers


@pytest.fixture(scope="module")
def file_system(own_servers: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system that the tests of one file share."""
    folder = tmp_path_factory.mktemp("system")
    with own_servers.database() as url:
        migrate(url)
        with psycopg.connect(url) as connection:
            connection.execute(HISTORY)
        environ = environ_for(
            folder,
            database_url=url,
            redis_url=own_servers.redis.url,
            lease_seconds=f"{LEASE_SECONDS:g}",
            min_free_bytes="0",
            repeats="off",
        )
        places = folder / "places"
        places.mkdir()
        system = System(
            folder, url, environ | {PLACES_VARIABLE: str(places)}, web=WEB, worker=WORKER
        )
        yield system
        system.end()


@pytest.fixture
def system(file_system: System) -> Iterator[System]:
    """Web and one worker of earlier tests go on, where they live; no job is there."""
    file_system.start_web()
    file_system.start_worker()
    yield file_system
    file_system.forget_jobs()
    file_system.show()


@pytest.fixture
def places(system: System) -> Path:
    """A file made here kills the process that comes to the place of its name."""
    return system.folder / "places"
