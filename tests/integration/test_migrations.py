"""The schema, up and down, on a real server (JOB-4)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import psycopg
import pytest

from service.jobs.errors import DatabaseUnavailable, SchemaOutdated
from service.jobs.migrate import migrate, migration_ids, rollback
from service.jobs.model import Status
from service.jobs.postgres import QUERIES, open_postgres_jobs

OURS = """
SELECT 'table ' || tablename FROM pg_tables WHERE schemaname = 'public'
UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'type ' || typname FROM pg_type
          WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
"""
YOYO = {"table _yoyo_log", "table _yoyo_migration", "table _yoyo_version", "table yoyo_lock"}


def objects(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute(OURS)}


def test_up_down_and_up_again_leaves_only_what_was_asked_for(database_url: str) -> None:
    assert migrate(database_url) == sorted(migration_ids())
    assert objects(database_url) - YOYO == {"table jobs", "function jobs_touch"}

    rollback(database_url)
    assert objects(database_url) - YOYO == set()

    migrate(database_url)
    assert "table jobs" in objects(database_url)


def test_migrating_twice_does_nothing_the_second_time(database_url: str) -> None:
    migrate(database_url)

    assert migrate(database_url) == []


def test_two_machines_may_migrate_at_once(database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, [database_url] * 4))

    assert sorted(applied, key=len) == [[], [], [], sorted(migration_ids())]


def test_a_killed_migration_blocks_nobody(database_url: str) -> None:
    migrate(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 1)")

    assert migrate(database_url) == []


def test_no_server_is_one_clear_error() -> None:
    with pytest.raises(DatabaseUnavailable, match="refused"):
        migrate("postgresql://nobody@127.0.0.1:1/none")


async def test_a_schema_that_is_behind_is_refused(database_url: str) -> None:
    async with open_postgres_jobs(database_url) as jobs:
        with pytest.raises(SchemaOutdated, match="forgesyte migrate"):
            await jobs.check()
        await asyncio.to_thread(migrate, database_url)
        await jobs.check()


async def test_every_statement_prepares(migrated_url: str) -> None:
    connection = await asyncpg.connect(migrated_url)
    names = [name for name in QUERIES.available_queries if not name.endswith("_cursor")]
    try:
        for name in names:
            await connection.prepare(getattr(QUERIES, name).sql)
    finally:
        await connection.close()

    text = Path("service/jobs/queries.sql").read_text()
    assert len(names) == text.count("-- name: ")


def test_the_check_and_the_enum_name_the_same_statuses(migrated_url: str) -> None:
    """JOB-2."""
    with psycopg.connect(migrated_url) as connection:
        row = connection.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s",
            ("jobs_status_is_known",),
        ).fetchone()

    assert row is not None
    assert {word for word in row[0].split("'") if word.isalpha() and word.islower()} == set(Status)


@pytest.mark.parametrize(
    "impossible",
    [
        "status = 'cancelled'",
        "status = 'running'",
        "status = 'completed', attempt = 1",
        "status = 'failed', attempt = 1",
        "status = 'failed', error_code = 'x', error_message = 'y'",
        "lease_owner = 'w'",
        "output_path = 'x'",
        "error_message = 'why'",
        "interruptions = 1",
        "attempt = -1",
        "input_bytes = 0",
        "input_sha256 = 'F'",
        "options = '[]'",
        "idempotency_key = ''",
    ],
)
def test_an_impossible_row_is_impossible(migrated_url: str, impossible: str) -> None:
    with psycopg.connect(migrated_url) as connection:
        connection.execute(
            "INSERT INTO jobs (job_id, pipeline_id, input_path, input_bytes, input_sha256)"
            " VALUES (gen_random_uuid(), 'p', 'k', 1, repeat('a', 64))"
        )
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(f"UPDATE jobs SET {impossible}")


def test_the_table_has_the_columns_every_reader_counts_on(migrated_url: str) -> None:
    """JOB-1."""
    with psycopg.connect(migrated_url) as connection:
        columns = {
            name
            for (name,) in connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = 'jobs'"
            )
        }

    assert columns >= {
        "job_id",
        "status",
        "pipeline_id",
        "input_path",
        "output_path",
        "error_message",
        "created_at",
        "updated_at",
    }
