"""Rows that a database is filled with: jobs of long ago, and jobs that wait."""

import hashlib
import sys
from pathlib import Path
from uuid import uuid4

import psycopg

from tests.system.harness import System

ROWS_AT_ONCE = 50_000
# Completed ones, as most of a million are.
COMPLETED = """
INSERT INTO jobs (job_id, status, pipeline_id, input_path, input_bytes, input_sha256, attempt,
                  output_path, output_bytes, output_sha256, summary, created_at)
SELECT gen_random_uuid(), 'completed', 'yolo_ocr', 'video_jobs/' || n || '.mp4', 1,
       encode(sha256(n::text::bytea), 'hex'), 1, 'video_jobs/' || n || '_results.json', 1,
       repeat('b', 64), '{"video": {"width": 1280, "height": 720}, "provenance": {}}',
       now() - make_interval(secs => n)
FROM generate_series(%s::int, %s) AS n
"""
PENDING = """
INSERT INTO jobs (job_id, pipeline_id, input_path, input_bytes, input_sha256, created_at)
SELECT gen_random_uuid(), 'yolo_ocr', %s, %s, %s, now() - make_interval(secs => %s - n)
FROM generate_series(1, %s) AS n
"""


def add_completed(system: System, rows: int) -> None:
    """So many completed jobs, whose files are not there."""
    with psycopg.connect(system.database_url, autocommit=True) as connection:
        # Half of the time goes into the check of these, whose hashes are ones.
        connection.execute("ALTER TABLE jobs DROP CONSTRAINT jobs_hashes_are_sha256")
        for first in range(1, rows + 1, ROWS_AT_ONCE):
            last = min(first + ROWS_AT_ONCE - 1, rows)
            connection.execute(COMPLETED, (first, last))
            sys.stderr.write(f"{last} of {rows} rows\n")


def add_pending(system: System, video: Path, jobs: int) -> None:
    """So many pending jobs, which share one video in the storage."""
    key, data = f"video_jobs/{uuid4()}.mp4", video.read_bytes()
    stored = system.folder / "storage" / key
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    with psycopg.connect(system.database_url) as connection:
        connection.execute(PENDING, (key, len(data), digest, jobs, jobs))


def settle(system: System) -> None:
    """Have done what many INSERTs left to do: it is not what a question costs."""
    with psycopg.connect(system.database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE jobs")
        connection.execute("CHECKPOINT")
