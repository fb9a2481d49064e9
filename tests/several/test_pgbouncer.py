"""A PgBouncer in transaction mode between every process and PostgreSQL.

Here is what only a PgBouncer brings; the contracts of jobs and tokens pass through one too, and the
whole system suite by `TEST_POOLER=1 make test TESTS=tests/system`.
"""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import psycopg
import pytest
from aiohttp.test_utils import TestClient

from config.settings import Settings
from service.app import create_app
from service.errors import DatabaseUnavailable
from service.jobs.postgres import open_postgres_jobs
from service.launcher.embedded import Servers
from service.wiring import open_services
from tests.integration.database_faults import TERMINATE, run_statements
from tests.pgbouncer import PgBouncer, open_pgbouncer
from tests.system.harness import System
from tests.system.test_database_faults import (  # noqa: F401
    test_no_fault_of_the_database_ends_a_process_or_fails_a_job,
    tried,
)
from tests.unit.service.jobs.samples import a_new_job
from tests.unit.worker.scripted_child import MAGIC
from tests.waiting import until, wait_until

# P8, and what the machine of a test may be late by.
ANSWER_SECONDS = 5.0 + 5.0
CLIENTS, RESTARTS = 4, 3
# Maintenance holds one while it works with another.
SESSIONS = 2
MP4 = {"Content-Type": "video/mp4"}

Started = Callable[[object], Awaitable[TestClient]]
ClientThrough = Callable[[PgBouncer], Awaitable[TestClient]]


@pytest.fixture
def narrow(servers: Servers, reachable_folder: Path) -> Iterator[PgBouncer]:
    """One with few connections to each database, of which it gives the last one used first."""
    settings = {"default_pool_size": SESSIONS}
    with open_pgbouncer(reachable_folder, servers.database_url, settings=settings) as started:
        yield started


@pytest.fixture
def client_through(
    migrated_url: str, redis_url: str, tmp_path: Path, aiohttp_client: Started
) -> ClientThrough:
    """A client of web behind the given PgBouncer."""

    async def start(pgbouncer: PgBouncer) -> TestClient:
        settings = Settings(
            database_url=pgbouncer.in_front_of(migrated_url),
            database_direct_url=migrated_url,
            redis_url=redis_url,
            storage_url=f"file://{tmp_path}/storage",
        )
        return await aiohttp_client(create_app(lambda: open_services(settings)))

    return start


async def test_a_pool_that_is_exhausted_is_told_in_time_and_costs_nothing_afterwards(
    client_through: ClientThrough, narrow: PgBouncer, migrated_url: str
) -> None:
    """P8"""
    client = await client_through(narrow)
    async with AsyncExitStack() as held:
        for _ in range(SESSIONS):
            await held.enter_async_context(a_transaction(narrow.in_front_of(migrated_url)))
        began = time.monotonic()
        asked = ("/v1/jobs", f"/v1/video/status/{uuid4()}", "/readyz")
        answers = await asyncio.gather(*map(client.get, asked))
        took = time.monotonic() - began
    afterwards = await client.post("/v1/video/submit", data=MAGIC, headers=MP4)

    assert [answer.status for answer in answers] == [503, 503, 503]
    assert took < ANSWER_SECONDS
    assert afterwards.status == 202


async def test_whoever_waits_for_a_status_is_told_past_the_pgbouncer(
    client_through: ClientThrough, pgbouncer: PgBouncer, migrated_url: str
) -> None:
    """LISTEN is on the direct URL: through PgBouncer nobody would hear."""
    client = await client_through(pgbouncer)
    submitted = await client.post("/v1/video/submit", data=MAGIC, headers=MP4)
    assert submitted.status == 202, await submitted.text()
    path = f"/v1/video/status/{(await submitted.json())['job_id']}"
    waiting = asyncio.create_task(client.get(path, headers={"Prefer": "wait=25"}))
    async with open_postgres_jobs(pgbouncer.in_front_of(migrated_url), pooler=True) as jobs:
        await asyncio.to_thread(wait_until, lambda: listens(migrated_url))
        await jobs.claim(owner="w", lease_seconds=60)
    answer = await waiting

    assert (await answer.json())["status"] == "running"


async def test_what_is_done_leaves_no_trace_in_a_session(
    narrow: PgBouncer, migrated_url: str
) -> None:
    """The next client has the same session: no statement, lock, setting, or channel of ours."""
    pooled = narrow.in_front_of(migrated_url)
    async with open_postgres_jobs(pooled, pooler=True) as jobs:
        job, _ = await jobs.insert(a_new_job())
        claimed = await jobs.claim(owner="w", lease_seconds=60)
        async with jobs.maintaining() as is_alone:
            assert is_alone
        await jobs.remove(job.job_id)
        with psycopg.connect(pooled, autocommit=True, prepare_threshold=None) as same:
            left = [same.execute(statement).fetchall() for statement in LEFT]

    assert claimed is not None
    assert left == [[] for _ in LEFT]


async def test_a_pgbouncer_of_which_nobody_told_is_named_with_its_setting(
    narrow: PgBouncer, migrated_url: str
) -> None:
    """What was prepared in one session is asked for in the next."""
    async with open_postgres_jobs(narrow.in_front_of(migrated_url)) as jobs:

        async def is_named() -> bool:
            # PgBouncer may close our connection with its session: another one prepares anew.
            try:
                await jobs.insert(a_new_job())
                run_statements(migrated_url, TERMINATE)
                await jobs.insert(a_new_job())
            except DatabaseUnavailable as error:
                return "FORGESYTE_DATABASE_DIRECT_URL" in str(error)
            return False

        await until(is_named)


def test_a_pgbouncer_that_is_killed_under_load_loses_no_job(
    fresh_system: System, pgbouncer: PgBouncer
) -> None:
    """P1, P8: each 202 is done once, and the rest was told 503 in time."""
    system = fresh_system
    system.start_web()
    worker = system.start_module("tests.benchmarks.processes.idle_worker", ready="worker ready")
    answers: list[tuple[int, str]] = []
    slowest: list[float] = []
    is_over = False

    def submit() -> None:
        while not is_over:
            began = time.monotonic()
            status, answer = system.post_bytes(MAGIC)
            slowest.append(time.monotonic() - began)
            answers.append((status, (answer or {}).get("job_id", "")))

    with ThreadPoolExecutor(CLIENTS) as threads:
        clients = [threads.submit(submit) for _ in range(CLIENTS)]
        for _ in range(RESTARTS):
            accepted = len(answers)
            wait_until(lambda least=accepted: len(answers) > least + 20)
            pgbouncer.server.stop(signal.SIGKILL)
            wait_until(lambda: answers[-1][0] == 503)
            pgbouncer.server.start()
            wait_until(lambda: answers[-1][0] == 202)
        is_over = True
    for client in clients:
        client.result()
    rows = [system.wait_completed(job_id) for status, job_id in answers if status == 202]

    assert Counter(status for status, _ in answers).keys() == {202, 503}
    assert max(slowest) < ANSWER_SECONDS
    assert {row["status"] for row in rows} == {"completed"}
    assert worker.end() == 0


@asynccontextmanager
async def a_transaction(url: str) -> AsyncIterator[None]:
    """Hold one of PgBouncer's connections to PostgreSQL."""
    connection = await asyncpg.connect(url, statement_cache_size=0)
    try:
        async with connection.transaction():
            await connection.execute("SELECT")
            yield
    finally:
        await connection.close()


LISTENING = """
SELECT FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()
"""
# What outlives a transaction in a session, but for what PgBouncer itself and this look bring.
LEFT = (
    "SELECT statement FROM pg_prepared_statements WHERE name <> ''",
    "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
    "SELECT name FROM pg_settings WHERE source = 'session'"
    " AND name NOT IN ('client_encoding', 'application_name')",
    "SELECT pg_listening_channels()",
)


def listens(url: str) -> bool:
    """Whether a process waits for news of this database's jobs."""
    with psycopg.connect(url) as connection:
        return connection.execute(LISTENING).rowcount > 0
