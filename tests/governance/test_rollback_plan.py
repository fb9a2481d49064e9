"""DOC-2: the rollback plan's commands, run as they are written."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from service.jobs.model import Status
from tests.governance.documents import ROOT, blocks, text_of

LOOK, REMOVE, FORWARD = blocks(text_of("ROLLBACK_PLAN"), "sh")
YOYO = {"_yoyo_log", "_yoyo_migration", "_yoyo_version", "yoyo_lock"}
OURS = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT typname FROM pg_type
          WHERE typnamespace = 'public'::regnamespace AND typcategory <> 'A' AND typrelid = 0
"""
ROWS = """
INSERT INTO jobs (job_id, pipeline_id, input_path, input_bytes, input_sha256, status, attempt,
                  lease_owner, lease_expires_at, error_code, error_message,
                  output_path, output_bytes, output_sha256, summary)
VALUES
    (gen_random_uuid(), 'p', 'video_jobs/a.mp4', 1, repeat('a', 64), 'pending', 0,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (gen_random_uuid(), 'p', 'video_jobs/b.mp4', 1, repeat('a', 64), 'running', 1,
     'w', now(), NULL, NULL, NULL, NULL, NULL, NULL),
    (gen_random_uuid(), 'p', 'video_jobs/c.mp4', 1, repeat('a', 64), 'failed', 1,
     NULL, NULL, 'no_frames', 'why', NULL, NULL, NULL, NULL),
    (gen_random_uuid(), 'p', 'video_jobs/d.mp4', 1, repeat('a', 64), 'completed', 1,
     NULL, NULL, NULL, NULL, 'video_jobs/d_results.1.json', 1, repeat('a', 64), '{}')
"""


@pytest.fixture
def environ(tmp_path: Path, database_url: str, redis_url: str) -> dict[str, str]:
    """An operator's shell: the settings, and a forgesyte command."""
    command = tmp_path / "bin" / "forgesyte"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m service.cli "$@"\n')
    command.chmod(0o755)
    return {
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "FORGESYTE_STORAGE_URL": (tmp_path / "storage").as_uri(),
    }


def run(script: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=ROOT,
        env=environ,
        check=False,
        capture_output=True,
        text=True,
    )


def objects(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute(OURS)}


def fill(environ: dict[str, str], storage: Path) -> None:
    """Jobs in every status, and files of every kind that they leave."""
    assert run(FORWARD, environ).returncode == 0
    with psycopg.connect(environ["DATABASE_URL"]) as connection:
        connection.execute(ROWS)
    (storage / "video_jobs").mkdir(parents=True)
    for name in (
        "a.mp4",
        "d.mp4",
        "d_results.1.json",
        "d_results.json",
        ".b_results.1.json.x.part",
    ):
        (storage / "video_jobs" / name).write_text("x")


def test_looking_says_what_will_be_lost_and_loses_nothing(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """DOC-2"""
    fill(environ, tmp_path / "storage")
    before = objects(environ["DATABASE_URL"])

    looked = run(LOOK, environ)

    assert looked.returncode == 1
    assert "deletes 4 jobs for good" in looked.stderr
    assert [status for status in Status if f"1 {status}" not in looked.stderr] == []
    assert "--delete-jobs" in looked.stderr
    assert objects(environ["DATABASE_URL"]) == before
    with psycopg.connect(environ["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (4,)


def test_the_plan_removes_everything_and_leads_forward_again(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """DOC-2, JOB-4"""
    fill(environ, tmp_path / "storage")
    before = objects(environ["DATABASE_URL"])
    assert {"jobs", "jobs_touch"} <= before

    removed = run(REMOVE, environ)

    assert removed.returncode == 0, removed.stderr
    assert objects(environ["DATABASE_URL"]) == YOYO
    assert list((tmp_path / "storage").iterdir()) == []

    forward = run(FORWARD, environ)

    assert forward.returncode == 0, forward.stderr
    assert objects(environ["DATABASE_URL"]) == before


def test_the_plan_names_what_stays() -> None:
    """DOC-2"""
    text = text_of("ROLLBACK_PLAN")

    assert [name for name in YOYO if f"`{name}`" not in text] == []
