"""The real system: real servers, real processes, real films."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.data.films import text_film
from tests.system.harness import HISTORY, System, environ_for

# Every period is a part of the lease: seconds instead of minutes.
LEASE_SECONDS = "4"


@pytest.fixture
def system(tmp_path: Path, migrated_url: str, redis_url: str) -> Iterator[System]:
    """Nothing is started yet; what a test starts is killed after it."""
    environ = environ_for(
        tmp_path, database_url=migrated_url, redis_url=redis_url, lease_seconds=LEASE_SECONDS
    )
    with psycopg.connect(migrated_url) as connection:
        connection.execute(HISTORY)
    system = System(tmp_path, migrated_url, environ)
    yield system
    system.end()


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of a second with text in it."""
    return text_film(tmp_path_factory.mktemp("films") / "tiny.mp4")


@pytest.fixture(scope="session")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film that takes long enough to be held in the middle."""
    return text_film(tmp_path_factory.mktemp("films") / "long.mp4", frames=40)
