from collections.abc import AsyncIterator

import pytest

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
