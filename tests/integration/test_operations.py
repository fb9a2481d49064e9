"""What an operator is shown, on a real PostgreSQL with many jobs."""

import math
from contextlib import AsyncExitStack
from uuid import uuid4

import asyncpg
import psycopg
import pytest

from service.errors import NothingWritten
from service.jobs import connections
from service.jobs.operations.base import Role
from service.jobs.operations.postgres import QUERIES
from service.jobs.postgres import open_postgres_jobs

JOBS = 20_000
# One of the bounds by which waits are counted.
IN_VAIN_SECONDS = 0.25
# Nine in ten are completed, one in a hundred is pending; a tenth of them finished just now.
FILL = """
INSERT INTO jobs (
    job_id, status, pipeline_id, input_path, input_bytes, input_sha256, attempt, output_path,
    output_bytes, output_sha256, summary, error_code, error_message, created_at, updated_at
)
SELECT gen_random_uuid(), status, 'p', 'k', 1, repeat('a', 64), (status <> 'pending')::int,
    CASE status WHEN 'completed' THEN 'r' END, CASE status WHEN 'completed' THEN 1 END,
    CASE status WHEN 'completed' THEN repeat('b', 64) END,
    CASE status WHEN 'completed' THEN jsonb_build_object('pad', repeat('x', 300)) END,
    CASE status WHEN 'failed' THEN 'no_frames' END, CASE status WHEN 'failed' THEN 'why' END,
    now() - make_interval(secs => n), now() - make_interval(secs => n * 36000 / %(jobs)s)
FROM (
    SELECT n, CASE WHEN n %% 100 = 0 THEN 'pending' WHEN n %% 10 = 1 THEN 'failed'
                   ELSE 'completed' END AS status
    FROM generate_series(1, %(jobs)s) AS n
) AS made
"""


@pytest.fixture
def filled_url(migrated_url: str) -> str:
    with psycopg.connect(migrated_url, autocommit=True) as connection:
        connection.execute(FILL, {"jobs": JOBS})
        connection.execute("VACUUM ANALYZE jobs")
    return migrated_url


async def test_what_finished_an_hour_ago_is_not_counted_and_what_waits_is(filled_url: str) -> None:
    async with open_postgres_jobs(filled_url) as jobs:
        figures = await jobs.figures()

    assert (figures.pending, figures.running) == (JOBS / 100, 0)
    assert sum(figures.finished.values()) == pytest.approx(JOBS / 10 * 0.99, rel=0.05)
    assert figures.oldest_pending_seconds == pytest.approx(JOBS, rel=0.1)


@pytest.mark.parametrize(
    ("statement", "arguments"), [("count_unfinished", ()), ("count_finished", (3600.0,))]
)
async def test_no_figure_takes_reading_every_job(
    filled_url: str, statement: str, arguments: tuple[float, ...]
) -> None:
    """So a scrape of a million jobs costs what one of a thousand does."""
    connection = await asyncpg.connect(filled_url)
    try:
        sql = getattr(QUERIES, statement).sql
        plan = [row[0] for row in await connection.fetch(f"EXPLAIN {sql}", *arguments)]
    finally:
        await connection.close()

    assert [line for line in plan if "Seq Scan on jobs" in line] == []
    assert [line for line in plan if "jobs_" in line]


async def test_each_wait_for_a_connection_is_counted_also_one_in_vain(
    migrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_postgres_jobs(migrated_url) as jobs, AsyncExitStack() as held:
        for _ in range(connections.MAX_CONNECTIONS):
            await held.enter_async_context(jobs.maintaining())
        before = jobs.connections()
        monkeypatch.setattr(connections, "ACQUIRE_SECONDS", IN_VAIN_SECONDS)
        with pytest.raises(NothingWritten):
            await jobs.figures()
        after = jobs.connections()

    assert before.waits[math.inf] == before.in_use == before.limit
    assert after.waits[math.inf] == before.waits[math.inf] + 1
    assert after.waits[IN_VAIN_SECONDS] == before.waits[IN_VAIN_SECONDS]
    assert after.waited_seconds >= before.waited_seconds + IN_VAIN_SECONDS


async def test_killed_workers_leave_no_row_for_long(migrated_url: str) -> None:
    async with open_postgres_jobs(migrated_url) as jobs:
        for number in range(9):
            await jobs.announce(f"killed {number}", uuid4(), role=Role.WORKER, seconds=-1)
        await jobs.announce("alive", uuid4(), role=Role.WORKER, seconds=60)
    with psycopg.connect(migrated_url) as connection:
        rows = connection.execute("SELECT worker FROM workers").fetchall()

    assert rows == [("alive",)]
