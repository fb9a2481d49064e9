from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.access.memory import MemoryTokens
from service.access.postgres import open_postgres_tokens
from service.access.store import TokenStore
from service.jobs.memory import MemoryJobs
from service.jobs.postgres import open_postgres_jobs
from service.services import FullJobStore
from service.storage.base import Storage
from tests.contracts.stores import Store, local_store, s3_store

KEPT_IN = ("memory", "postgres", "postgres behind PgBouncer")


@pytest.fixture(params=KEPT_IN)
async def jobs(request: pytest.FixtureRequest) -> AsyncIterator[FullJobStore]:
    if request.param == "memory":
        yield MemoryJobs()
        return
    url, is_pooled = _database(request)
    async with open_postgres_jobs(url, pooler=is_pooled) as postgres_jobs:
        yield postgres_jobs


@pytest.fixture(params=KEPT_IN)
async def tokens(request: pytest.FixtureRequest) -> AsyncIterator[TokenStore]:
    if request.param == "memory":
        yield MemoryTokens()
        return
    url, is_pooled = _database(request)
    async with open_postgres_tokens(url, pooler=is_pooled) as postgres_tokens:
        yield postgres_tokens


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "local":
        return local_store(tmp_path / "storage")
    return s3_store(request.getfixturevalue("s3_server"))


@pytest.fixture
def storage(store: Store) -> Storage:
    return store.storage


def _database(request: pytest.FixtureRequest) -> tuple[str, bool]:
    """A fresh database's URL, and whether a PgBouncer stands there."""
    url: str = request.getfixturevalue("migrated_url")
    if request.param == "postgres":
        return url, False
    return request.getfixturevalue("pgbouncer").in_front_of(url), True
