"""Jobs on a PostgreSQL to which things happen (P3, P5, P8)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from config.settings import Settings
from service.dispatch.recovery import RecoveryHealth, recover_forever
from service.errors import (
    DatabaseUnavailable,
    SchemaOutdated,
    ServiceError,
)
from service.jobs import connections
from service.jobs.connections import jobs_pool
from service.jobs.model import Job, Status
from service.jobs.postgres import PostgresJobs, open_postgres_jobs
from service.queue.memory import MemoryQueue
from tests.integration.database_faults import (
    FAULTS,
    ROLE,
    Fault,
    as_tried_role,
    backends_stopped,
    drop_tried_role,
    run_statements,
)
from tests.unit.service.jobs.samples import RESULTS, TEXT, a_new_job
from tests.waiting import until
from worker.heartbeat import heartbeat

LONG, OVER = 60.0, -1.0
# Heartbeat and recovery come every quarter of it.
LEASE = 4.0
MANY = 500
# Far above what is promised: it tells an answer from a wait without end.
HANGS_SECONDS = 30.0


@pytest.fixture
def tried_url(migrated_url: str) -> Iterator[str]:
    """The same database for a role to which things can happen."""
    yield as_tried_role(migrated_url)
    drop_tried_role(migrated_url)


@pytest.fixture
async def jobs(tried_url: str) -> AsyncIterator[PostgresJobs]:
    async with open_postgres_jobs(tried_url) as jobs:
        yield jobs


@pytest.fixture
async def admin(migrated_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(migrated_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_recovery_and_heartbeat_outlive_the_fault(
    jobs: PostgresJobs, admin: asyncpg.Connection, fault: Fault
) -> None:
    """P3, P5: what was crashed before is pending after, and who lives still holds its job."""
    crashed, held = await running(jobs), await running(jobs)
    settings = Settings(
        database_url="postgresql://unused", redis_url="redis://unused", lease_seconds=LEASE
    )
    health = RecoveryHealth()
    recovering = asyncio.create_task(
        recover_forever(jobs, MemoryQueue(), settings=settings, health=health)
    )
    async with heartbeat(jobs, held.lease, lease_seconds=LEASE) as beating:
        await until(lambda: health.last_pass_at)
        async with fault(admin):
            await until(lambda: is_away(jobs, held))
        await until(lambda: has_expired(jobs, crashed))
        await until(lambda: is_at(jobs, crashed, Status.PENDING))

        assert not recovering.done()
        assert not beating.done()
        assert await is_at(jobs, held, Status.RUNNING)
    recovering.cancel()
    await asyncio.wait({recovering})


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_each_call_is_refused_with_an_error_of_ours(
    jobs: PostgresJobs, admin: asyncpg.Connection, fault: Fault
) -> None:
    """P8."""
    job = await running(jobs)
    async with fault(admin):
        await until(lambda: is_away(jobs, job))
        for _ in range(3):
            answers = await asyncio.gather(
                jobs.insert(a_new_job()),
                jobs.claim(owner="w2", lease_seconds=LONG),
                jobs.renew(job.lease, lease_seconds=LONG),
                jobs.complete(job.lease, RESULTS, summary={"texts": []}),
                jobs.requeue(job.lease, interrupted=True),
                jobs.expire_leases(max_attempts=3),
                return_exceptions=True,
            )

            # A call may get through between two terminations.
            errors = [answer for answer in answers if isinstance(answer, Exception)]
            assert [error for error in errors if not isinstance(error, ServiceError)] == []
    await until(lambda: is_there(jobs, job))


async def test_a_database_that_is_not_there_yet_is_waited_for(migrated_url: str) -> None:
    """Web may be started before its database, and that before its schema."""
    async with open_postgres_jobs(f"{migrated_url}_later") as jobs:
        with pytest.raises(DatabaseUnavailable):
            await jobs.check()
        run_statements(migrated_url, f"CREATE DATABASE {_database(migrated_url)}_later")
        with pytest.raises(SchemaOutdated):
            await jobs.check()
        with pytest.raises(SchemaOutdated):
            await jobs.insert(a_new_job())
    run_statements(migrated_url, f"DROP DATABASE {_database(migrated_url)}_later WITH (FORCE)")


async def test_a_server_that_hangs_is_not_waited_for_when_its_connection_is_given_back(
    tried_url: str, admin: asyncpg.Connection
) -> None:
    """P8: an answer within five seconds, so nothing may be added to the time a statement has."""
    loop = asyncio.get_running_loop()
    async with open_postgres_jobs(tried_url, answer_seconds=0.3) as jobs:
        job = await until(lambda: claimed_in_time(jobs))
        with backends_stopped(await _backends(admin)):
            began = loop.time()
            with pytest.raises(DatabaseUnavailable):
                await jobs.get(job.job_id)
            waited_seconds = loop.time() - began

    # A release that waits for the statement takes as long as an acquire may: ten times as long.
    assert waited_seconds < connections.ACQUIRE_SECONDS


async def test_recovery_by_many_at_once_moves_each_job_once_and_meets_no_deadlock(
    tried_url: str, jobs: PostgresJobs
) -> None:
    for _ in range(MANY):
        await jobs.insert(a_new_job())
        await jobs.claim(owner="gone", lease_seconds=OVER)
    async with open_postgres_jobs(tried_url) as others:
        stores = [jobs, others] * 4
        passes = [await_all(store) for store in stores]
        requeued = [job_id for found in await asyncio.gather(*passes) for job_id in found]

    assert len(requeued) == len(set(requeued)) == MANY


async def await_all(jobs: PostgresJobs) -> list[object]:
    found: list[object] = []
    for _ in range(3):
        found += (await jobs.expire_leases(max_attempts=3)).requeued
    return found


async def test_a_row_somebody_holds_keeps_recovery_from_no_other(
    jobs: PostgresJobs, admin: asyncpg.Connection
) -> None:
    """P3: a forgotten psql must not stop what brings jobs back."""
    held, free = await running(jobs, OVER), await running(jobs, OVER)
    async with admin.transaction():
        await admin.execute("SELECT FROM jobs WHERE job_id = $1 FOR UPDATE", held.job_id)
        expired = await jobs.expire_leases(max_attempts=3)

    assert expired.requeued == (free.job_id,)
    assert (await jobs.expire_leases(max_attempts=3)).requeued == (held.job_id,)


async def test_workers_that_claim_at_once_get_different_jobs(
    tried_url: str, jobs: PostgresJobs
) -> None:
    """P2."""
    accepted = [(await jobs.insert(a_new_job()))[0].job_id for _ in range(20)]
    async with open_postgres_jobs(tried_url) as others:
        claims = [
            store.claim(owner=f"w{number}", lease_seconds=LONG)
            for number in range(15)
            for store in (jobs, others)
        ]
        claimed = [job.job_id for job in await asyncio.gather(*claims) if job]

    assert sorted(claimed) == sorted(accepted)


async def test_columns_of_a_newer_schema_are_nothing_to_us(
    jobs: PostgresJobs, admin: asyncpg.Connection
) -> None:
    """JOB-4: old code runs on the new schema until it is replaced."""
    await admin.execute("ALTER TABLE jobs ADD COLUMN priority integer NOT NULL DEFAULT 0")
    await admin.execute("ALTER TABLE job_texts ADD COLUMN language text")
    await jobs.check()
    job = await running(jobs)
    await jobs.complete(job.lease, RESULTS, summary={"texts": [TEXT]})

    assert (await jobs.get(job.job_id)).status is Status.COMPLETED
    assert await jobs.summary(job.job_id) == {"texts": [TEXT]}


async def test_a_schema_we_do_not_know_is_refused_before_a_claim(
    jobs: PostgresJobs, admin: asyncpg.Connection
) -> None:
    """JOB-4: a claim that is committed and cannot be read burns an attempt of every job."""
    job, _ = await jobs.insert(a_new_job())
    await admin.execute("ALTER TABLE jobs RENAME COLUMN input_sha256 TO input_digest")
    with pytest.raises(SchemaOutdated):
        await jobs.claim(owner="w1", lease_seconds=LONG)
    await admin.execute("ALTER TABLE jobs RENAME COLUMN input_digest TO input_sha256")

    assert await jobs.get(job.job_id) == job


async def test_a_job_with_options_of_a_newer_program_is_left_to_one(
    jobs: PostgresJobs, admin: asyncpg.Connection
) -> None:
    job, _ = await jobs.insert(a_new_job())
    await admin.execute("""UPDATE jobs SET options = options || '{"colours": "few"}'""")

    assert await jobs.claim(owner="w1", lease_seconds=LONG) is None
    assert await jobs.get(job.job_id) == job


async def test_a_job_that_was_stored_before_there_was_an_option_has_its_default(
    jobs: PostgresJobs, admin: asyncpg.Connection
) -> None:
    await jobs.insert(a_new_job())
    await admin.execute("UPDATE jobs SET options = options - 'region'")
    job = await jobs.claim(owner="w1", lease_seconds=LONG)

    assert job is not None
    assert job.options.region == "auto"


async def test_an_idle_look_is_one_statement(tried_url: str) -> None:
    asked: list[str] = []

    async with jobs_pool(tried_url) as pool:
        # One connection serves the next call again.
        async with pool.acquire() as connection:
            connection.add_query_logger(lambda query: asked.append(query.query))
        await PostgresJobs(pool).claim(owner="w1", lease_seconds=LONG)

    assert len(asked) == 1


async def running(jobs: PostgresJobs, lease_seconds: float = LONG) -> Job:
    await jobs.insert(a_new_job())
    job = await jobs.claim(owner="w1", lease_seconds=lease_seconds)
    assert job is not None
    return job


async def has_expired(jobs: PostgresJobs, job: Job) -> bool:
    """Whether the lease could be made to be over; connections of before the fault break first."""
    try:
        await jobs.renew(job.lease, lease_seconds=OVER)
    except (DatabaseUnavailable, SchemaOutdated):
        return False
    return True


async def is_away(jobs: PostgresJobs, job: Job) -> bool:
    """Whether the fault has arrived; a write, since a replica can be read."""
    try:
        await jobs.renew(job.lease, lease_seconds=LONG)
    except (DatabaseUnavailable, SchemaOutdated):
        return True
    return False


async def is_at(jobs: PostgresJobs, job: Job, status: Status) -> bool:
    try:
        return (await jobs.get(job.job_id)).status is status
    except (DatabaseUnavailable, SchemaOutdated):
        return False


async def claimed_in_time(jobs: PostgresJobs) -> Job | None:
    try:
        return await running(jobs)
    except DatabaseUnavailable:
        return None


async def is_there(jobs: PostgresJobs, job: Job) -> bool:
    try:
        return (await jobs.get(job.job_id)).job_id == job.job_id
    except (DatabaseUnavailable, SchemaOutdated):
        return False


async def _backends(admin: asyncpg.Connection) -> list[int]:
    rows = await admin.fetch("SELECT pid FROM pg_stat_activity WHERE usename = $1", ROLE)
    return [row["pid"] for row in rows]


def _database(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
