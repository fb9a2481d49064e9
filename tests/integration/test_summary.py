"""What a job's summary may be, and that nobody who asks for something else has to read it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from service.errors import DatabaseRefused
from service.jobs.model import Job, Status
from service.jobs.postgres import PostgresJobs, open_postgres_jobs
from tests.unit.service.jobs.samples import RESULTS, TEXT, a_new_job

MOST = 10_000


@pytest.fixture
async def jobs(migrated_url: str) -> AsyncIterator[PostgresJobs]:
    async with open_postgres_jobs(migrated_url) as jobs:
        yield jobs


@pytest.mark.parametrize("unstorable", ["NUL \0 in it", "half \ud800 a character"])
async def test_what_no_text_of_the_database_holds_is_replaced(
    jobs: PostgresJobs, unstorable: str
) -> None:
    """A class of an operator's weights may be named anything; its jobs complete all the same."""
    job = await running(jobs)
    summary = {"classes": {unstorable: {"frames": 1}}, "texts": [TEXT | {"text": unstorable}]}
    await jobs.complete(job.lease, RESULTS, summary=summary)
    [text] = (await jobs.summary(job.job_id))["texts"]

    assert text["text"].split()[0] == unstorable.split()[0]
    assert unstorable not in str(await jobs.summary(job.job_id))


async def test_a_summary_beyond_its_bound_is_refused_and_completes_nothing(
    jobs: PostgresJobs,
) -> None:
    job = await running(jobs)
    await jobs.complete((await running(jobs)).lease, RESULTS, summary={"texts": [TEXT] * MOST})
    with pytest.raises(DatabaseRefused):
        await jobs.complete(job.lease, RESULTS, summary={"texts": [TEXT] * (MOST + 1)})

    assert await jobs.get(job.job_id) == job


async def test_the_status_of_a_job_waits_for_none_of_its_texts(
    jobs: PostgresJobs, migrated_url: str
) -> None:
    """API-2: a summary of ten thousand texts must not be read at each poll."""
    job = await running(jobs)
    await jobs.complete(job.lease, RESULTS, summary={"texts": [TEXT] * MOST})
    admin = await asyncpg.connect(migrated_url)
    async with admin.transaction():
        await admin.execute("LOCK TABLE job_texts")
        done = await jobs.get(job.job_id)
    await admin.close()

    assert done.status is Status.COMPLETED
    assert len((await jobs.summary(job.job_id))["texts"]) == MOST


async def running(jobs: PostgresJobs) -> Job:
    await jobs.insert(a_new_job())
    job = await jobs.claim(owner="w1", lease_seconds=60.0)
    assert job is not None
    return job
