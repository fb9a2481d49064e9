from collections.abc import AsyncIterator

import pytest

from service.access.memory import MemoryTokens
from service.access.postgres import open_postgres_tokens
from service.access.store import TokenStore
from service.jobs.memory import MemoryJobs
from service.jobs.postgres import open_postgres_jobs
from service.services import FullJobStore

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


def _database(request: pytest.FixtureRequest) -> tuple[str, bool]:
    """A fresh database's URL, and whether a PgBouncer stands there."""
    url: str = request.getfixturevalue("migrated_url")
    if request.param == "postgres":
        return url, False
    return request.getfixturevalue("pgbouncer").in_front_of(url), True
