"""The schema, up and down, on a real server (JOB-4)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import asyncpg
import psycopg
import pytest
import yoyo
from psycopg.types.json import Jsonb

from service.errors import DatabaseUnavailable, SchemaOutdated
from service.jobs import postgres
from service.jobs.catalog import postgres as catalog
from service.jobs.catalog.words import parsed_query
from service.jobs.migrate import migrate, rollback
from service.jobs.model import Status
from service.jobs.operations import postgres as operations
from service.jobs.postgres import open_postgres_jobs
from service.jobs.schema import MIGRATIONS, migration_ids

OURS = """
SELECT 'table ' || tablename FROM pg_tables WHERE schemaname = 'public'
UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'type ' || typname FROM pg_type
          WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
"""
YOYO = {"table _yoyo_log", "table _yoyo_migration", "table _yoyo_version", "table yoyo_lock"}


def migrate_to(url: str, last: str) -> None:
    """Apply every migration up to last, its number, and undo those after it."""
    backend = yoyo.get_backend(url.replace("postgresql://", "postgresql+psycopg://"))
    migrations = yoyo.read_migrations(str(MIGRATIONS))
    after = migrations.filter(lambda migration: migration.id[:4] > last)
    backend.rollback_migrations(backend.to_rollback(after))
    until = migrations.filter(lambda migration: migration.id[:4] <= last)
    backend.apply_migrations(backend.to_apply(until))
    backend.connection.close()


def objects(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute(OURS)}


def test_up_down_and_up_again_leaves_only_what_was_asked_for(database_url: str) -> None:
    assert migrate(database_url) == sorted(migration_ids())
    assert objects(database_url) - YOYO == {
        "table jobs",
        "table job_texts",
        "table tokens",
        "table workers",
        "function jobs_notify",
        "function jobs_touch",
    }

    rollback(database_url)
    assert objects(database_url) - YOYO == set()

    migrate(database_url)
    assert "table jobs" in objects(database_url)


TEXT = {
    "text": "NORTH",
    "class_name": "text",
    "first_ms": 0,
    "last_ms": 80,
    "confidence": 0.9,
    "detections": 2,
    "frames": 2,
}
OLD_SUMMARY = {"video": {"width": 64}, "texts": [TEXT | {"track_id": 3}, TEXT | {"text": "EXIT"}]}
COMPLETED = """
INSERT INTO jobs (job_id, status, pipeline_id, input_path, input_bytes, input_sha256, attempt,
                  output_path, output_bytes, output_sha256, summary)
VALUES (%s, 'completed', 'p', 'k', 1, repeat('a', 64), 1, 'r', 1, repeat('b', 64), %s)
"""


async def test_texts_of_jobs_completed_before_are_kept_up_and_down(database_url: str) -> None:
    job_id = uuid4()
    migrate_to(database_url, "0001")
    with psycopg.connect(database_url) as connection:
        connection.execute(COMPLETED, (job_id, Jsonb(OLD_SUMMARY)))
    await asyncio.to_thread(migrate, database_url)
    async with open_postgres_jobs(database_url) as jobs:
        summary = await jobs.summary(job_id)
    await asyncio.to_thread(migrate_to, database_url, "0001")
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT summary FROM jobs").fetchone()

    assert summary == OLD_SUMMARY | {"texts_truncated": False}
    assert row == (OLD_SUMMARY,)


async def test_texts_of_jobs_completed_before_are_found(database_url: str) -> None:
    job_id = uuid4()
    migrate_to(database_url, "0001")
    with psycopg.connect(database_url) as connection:
        connection.execute(COMPLETED, (job_id, Jsonb(OLD_SUMMARY)))
    await asyncio.to_thread(migrate, database_url)
    async with open_postgres_jobs(database_url) as jobs:
        found = await jobs.search(parsed_query("exit"), limit=9)

    assert [(each.job_id, each.text) for each in found] == [(job_id, "EXIT")]


async def test_of_too_many_texts_the_most_confident_are_kept(database_url: str) -> None:
    job_id = uuid4()
    migrate_to(database_url, "0001")
    many = [TEXT | {"text": f"T{n}", "confidence": (n % 7) / 10} for n in range(10_050)]
    with psycopg.connect(database_url) as connection:
        connection.execute(COMPLETED, (job_id, Jsonb({"texts": many})))
    await asyncio.to_thread(migrate, database_url)
    async with open_postgres_jobs(database_url) as jobs:
        summary = await jobs.summary(job_id)

    least = [text for text in many if text["confidence"] == 0]
    assert summary["texts_truncated"]
    assert summary["texts"] == [text for text in many if text not in least[-50:]]


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


@pytest.mark.parametrize(
    "room", [postgres, catalog, operations], ids=["jobs", "catalog", "operations"]
)
async def test_every_statement_prepares(migrated_url: str, room: ModuleType) -> None:
    connection = await asyncpg.connect(migrated_url)
    names = [name for name in room.QUERIES.available_queries if not name.endswith("_cursor")]
    try:
        for name in names:
            await connection.prepare(getattr(room.QUERIES, name).sql)
    finally:
        await connection.close()

    text = Path(room.__file__).with_name("queries.sql").read_text()
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
        "input_name = ''",
        "frames_done = 1",
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
