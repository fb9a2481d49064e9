"""The system on more than one machine, and with what stands between machines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pgbouncer import PgBouncer
from tests.system.conftest import Way, system_in
from tests.system.harness import System


@pytest.fixture(scope="session")
def way(pgbouncer: PgBouncer) -> Way:
    """Every process reaches PostgreSQL through PgBouncer."""
    return pgbouncer.environ


@pytest.fixture
def fresh_system(tmp_path: Path, migrated_url: str, redis_url: str, way: Way) -> Iterator[System]:
    """Nothing is started yet; what a test starts is killed after it."""
    system = system_in(tmp_path, migrated_url, redis_url, way)
    yield system
    system.end()
