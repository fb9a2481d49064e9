from collections.abc import AsyncIterator

import pytest

from service.access.memory import MemoryTokens
from service.access.postgres import open_postgres_tokens
from service.access.store import TokenStore
from service.jobs.memory import MemoryJobs
from service.jobs.postgres import open_postgres_jobs
from service.services import FullJobStore


@pytest.fixture(params=["memory", "postgres"])
async def jobs(request: pytest.FixtureRequest) -> AsyncIterator[FullJobStore]:
    if request.param == "memory":
        yield MemoryJobs()
        return
    async with open_postgres_jobs(request.getfixturevalue("migrated_url")) as postgres_jobs:
        yield postgres_jobs


@pytest.fixture(params=["memory", "postgres"])
async def tokens(request: pytest.FixtureRequest) -> AsyncIterator[TokenStore]:
    if request.param == "memory":
        yield MemoryTokens()
        return
    async with open_postgres_tokens(request.getfixturevalue("migrated_url")) as postgres_tokens:
        yield postgres_tokens
