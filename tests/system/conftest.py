"""The real system: real servers, real processes, real videos."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.data.videos import text_video
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
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of a second with text in it."""
    return text_video(tmp_path_factory.mktemp("videos") / "tiny.mp4")


@pytest.fixture(scope="session")
def long_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video that takes long enough to be held in the middle."""
    return text_video(tmp_path_factory.mktemp("videos") / "long.mp4", frames=40)
