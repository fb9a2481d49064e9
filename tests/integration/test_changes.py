"""What PostgreSQL tells whoever waits for a job."""

import asyncpg
import pytest

from service.jobs.changes import CHANNEL, JobChanges, open_postgres_changes, set_within
from service.jobs.model import Job
from service.jobs.postgres import PostgresJobs, open_postgres_jobs
from tests.unit.service.jobs.samples import RESULTS, TEXT, a_new_job
from tests.waiting import until

ENDED = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE query LIKE 'LISTEN%' AND datname = current_database()
"""
LISTENING = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = $1"
SOON = 10.0


async def is_told(changes: JobChanges, job: Job, move: object) -> bool:
    """Whether this move of the job reaches whoever waits for it."""
    with changes.watch(job.job_id) as changed:
        await until(lambda: changes.is_live)
        changed.clear()
        await move
        return await set_within(changed, SOON)


async def test_every_move_of_a_job_is_told(migrated_url: str) -> None:
    async with open_postgres_jobs(migrated_url) as jobs, open_postgres_changes(migrated_url) as it:
        job, _ = await jobs.insert(a_new_job())
        claimed = jobs.claim(owner="w", lease_seconds=60)
        assert await is_told(it, job, claimed)
        lease = (await jobs.get(job.job_id)).lease
        completed = jobs.complete(lease, RESULTS, summary={"texts": [TEXT]})
        assert await is_told(it, job, completed)
        assert await is_told(it, job, jobs.remove(job.job_id))


async def test_a_heartbeat_is_no_news(migrated_url: str) -> None:
    async with open_postgres_jobs(migrated_url) as jobs, open_postgres_changes(migrated_url) as it:
        held, other = await _held(jobs), (await jobs.insert(a_new_job()))[0]
        with it.watch(held.job_id) as changed:
            await until(lambda: it.is_live)
            changed.clear()
            await jobs.renew(held.lease, lease_seconds=60)
            # What comes after it was told, so it would have been told too.
            assert await is_told(it, other, jobs.remove(other.job_id))
            assert not changed.is_set()


async def test_a_listener_whose_connection_is_lost_listens_again_and_tells_everybody_to_look(
    migrated_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_postgres_jobs(migrated_url) as jobs, open_postgres_changes(migrated_url) as it:
        job, _ = await jobs.insert(a_new_job())
        with it.watch(job.job_id) as changed:
            await until(lambda: it.is_live)
            changed.clear()
            admin = await asyncpg.connect(migrated_url)
            await admin.execute(ENDED)
            await until(lambda: not it.is_live)
            assert await set_within(changed, SOON)
            assert it.is_live
        assert await is_told(it, job, jobs.claim(owner="w", lease_seconds=60))
        await admin.close()


async def test_nobody_listens_before_somebody_waits_and_one_connection_serves_all(
    migrated_url: str,
) -> None:
    admin = await asyncpg.connect(migrated_url)
    name = await admin.fetchval("SELECT current_database()")
    async with open_postgres_jobs(migrated_url) as jobs, open_postgres_changes(migrated_url) as it:
        before = await admin.fetchval(LISTENING, name)
        accepted = [(await jobs.insert(a_new_job()))[0] for _ in range(3)]
        for job in accepted:
            assert await is_told(it, job, jobs.remove(job.job_id))
        while_waiting = await admin.fetchval(LISTENING, name)
    await admin.close()

    assert (before, while_waiting) == (0, 1)


async def test_a_foreign_notification_harms_nobody(migrated_url: str) -> None:
    async with open_postgres_jobs(migrated_url) as jobs, open_postgres_changes(migrated_url) as it:
        job, _ = await jobs.insert(a_new_job())
        admin = await asyncpg.connect(migrated_url)
        with it.watch(job.job_id):
            await until(lambda: it.is_live)
            await admin.execute(f"NOTIFY {CHANNEL}, 'nonsense'")
        await admin.close()
        assert await is_told(it, job, jobs.remove(job.job_id))


async def test_a_server_that_is_away_is_tried_again_in_silence() -> None:
    async with open_postgres_changes("postgresql://nobody@127.0.0.1:1/none") as changes:
        with changes.watch(a_new_job().job_id) as changed:
            assert not await set_within(changed, 0.1)
        assert not changes.is_live


async def _held(jobs: PostgresJobs) -> Job:
    await jobs.insert(a_new_job())
    job = await jobs.claim(owner="w", lease_seconds=60)
    assert job is not None
    return job
