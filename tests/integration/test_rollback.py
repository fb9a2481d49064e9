"""forgesyte migrate --rollback: the files first, then the table, and neither by mistake."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result

from service.cli.main import main
from service.jobs.model import source_key
from tests.s3 import BUCKET, S3Server, new_prefix
from tests.waiting import wait_until

MANY = 1000
REMOVE = "migrate --rollback --delete-jobs"
PENDING = """
INSERT INTO jobs (job_id, pipeline_id, input_path, input_bytes, input_sha256)
SELECT job_id, 'p', 'video_jobs/' || job_id || '.mp4', 1, repeat('a', 64)
FROM unnest(%s::uuid[]) AS job_id
"""
CLAIM = """
UPDATE jobs SET status = 'running', attempt = 1, lease_owner = 'w',
                lease_expires_at = now() + %s::interval
"""

Forgesyte = Callable[..., Result]


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.fixture
def environ(migrated_url: str, redis_url: str, storage: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": migrated_url,
        "REDIS_URL": redis_url,
        "FORGESYTE_STORAGE_URL": storage.as_uri(),
    }


@pytest.fixture
def forgesyte(environ: dict[str, str]) -> Forgesyte:
    def run(line: str, **changes: str) -> Result:
        return CliRunner().invoke(main, line.split(), env=environ | changes, catch_exceptions=False)

    return run


def insert(url: str, number: int) -> list[UUID]:
    jobs = [uuid4() for _ in range(number)]
    with psycopg.connect(url) as connection:
        connection.execute(PENDING, (jobs,))
    return jobs


def accept(url: str, storage: Path, number: int) -> list[UUID]:
    jobs = insert(url, number)
    (storage / "video_jobs").mkdir(parents=True, exist_ok=True)
    for job_id in jobs:
        (storage / source_key(job_id)).touch()
    return jobs


def count_jobs(url: str) -> int | None:
    """None without a table."""
    with psycopg.connect(url) as connection:
        if connection.execute("SELECT to_regclass('jobs')").fetchone() == (None,):
            return None
        (number,) = connection.execute("SELECT count(*) FROM jobs").fetchone()
        return number


def files(storage: Path) -> list[Path]:
    return [path for path in storage.rglob("*") if path.is_file()]


def test_a_job_that_a_worker_is_at_is_left_alone(
    forgesyte: Forgesyte, migrated_url: str, storage: Path
) -> None:
    accept(migrated_url, storage, 1)
    with psycopg.connect(migrated_url) as connection:
        connection.execute(CLAIM, ("1 minute",))

    refused = [forgesyte(REMOVE), forgesyte(f"{REMOVE} --files-gone")]

    assert [each.exit_code for each in refused] == [1, 1]
    assert ["end every web and worker first" in each.stderr for each in refused] == [True, True]
    assert (count_jobs(migrated_url), len(files(storage))) == (1, 1)


def test_a_job_whose_worker_is_lost_is_removed(
    forgesyte: Forgesyte, migrated_url: str, storage: Path
) -> None:
    accept(migrated_url, storage, 1)
    with psycopg.connect(migrated_url) as connection:
        connection.execute(CLAIM, ("-1 second",))

    assert forgesyte(REMOVE).exit_code == 0
    assert (count_jobs(migrated_url), files(storage)) == (None, [])


def test_a_bucket_is_emptied_below_its_prefix_and_nowhere_else(
    forgesyte: Forgesyte, migrated_url: str, s3_server: S3Server
) -> None:
    prefix, elsewhere = new_prefix(), new_prefix()
    [job_id] = insert(migrated_url, 1)
    for place in (prefix, elsewhere):
        s3_server.put(f"{place}/{source_key(job_id)}")
        s3_server.begin_upload(f"{place}/{source_key(uuid4())}", b"cut off")
    over_s3 = {"FORGESYTE_STORAGE_URL": f"s3://{BUCKET}/{prefix}", **s3_server.environ}

    refused = forgesyte("migrate --rollback", **over_s3)
    done = forgesyte(REMOVE, **over_s3)

    assert f"their 1 files in s3://{BUCKET}/{prefix}" in refused.stderr
    assert (done.exit_code, count_jobs(migrated_url)) == (0, None)
    assert (len(s3_server.names(prefix)), len(s3_server.names(elsewhere))) == (0, 2)


@pytest.mark.parametrize("use", ["UPDATE jobs SET pipeline_id = 'q'", "SELECT FROM jobs"])
def test_somebody_who_uses_the_table_is_not_waited_for_without_an_end(
    use: str, forgesyte: Forgesyte, migrated_url: str, storage: Path
) -> None:
    accept(migrated_url, storage, 1)
    with psycopg.connect(migrated_url) as connection:
        connection.execute(use)

        refused = forgesyte(REMOVE)

    assert refused.exit_code == 1
    assert "somebody is using the table" in refused.stderr
    assert (count_jobs(migrated_url), len(files(storage))) == (1, 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_removal_that_was_cut_short_is_run_again(
    number: signal.Signals,
    forgesyte: Forgesyte,
    environ: dict[str, str],
    migrated_url: str,
    storage: Path,
) -> None:
    accept(migrated_url, storage, MANY)
    command = [sys.executable, "-m", "service.cli", *REMOVE.split()]
    removing = subprocess.Popen(command, env=os.environ | environ, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(files(storage)) < MANY)
    removing.send_signal(number)
    removing.wait(30)
    assert count_jobs(migrated_url) == MANY
    assert files(storage)

    again = forgesyte(REMOVE)

    assert again.exit_code == 0, again.stderr
    assert (count_jobs(migrated_url), files(storage)) == (None, [])


def test_a_removal_that_was_cut_short_behind_its_last_file_is_run_again(
    forgesyte: Forgesyte, migrated_url: str, storage: Path
) -> None:
    accept(migrated_url, storage, 3)
    with psycopg.connect(migrated_url, autocommit=True) as connection:
        # What stops the rows from going stops them after the files went.
        connection.execute("CREATE TABLE in_the_way AS SELECT job_id FROM jobs")
        connection.execute(
            "ALTER TABLE in_the_way ADD FOREIGN KEY (job_id) REFERENCES jobs (job_id)"
        )
        first = forgesyte(REMOVE)
        connection.execute("DROP TABLE in_the_way")
    assert first.exit_code == 1
    assert (count_jobs(migrated_url), files(storage)) == (3, [])

    again = forgesyte(REMOVE)

    assert again.exit_code == 0, again.stderr
    assert count_jobs(migrated_url) is None


def test_a_table_that_cannot_go_is_one_line_and_goes_at_the_next_try(
    forgesyte: Forgesyte, migrated_url: str, storage: Path
) -> None:
    accept(migrated_url, storage, 3)
    with psycopg.connect(migrated_url, autocommit=True) as connection:
        connection.execute("CREATE VIEW in_the_way AS SELECT * FROM jobs")
        first = forgesyte(REMOVE)
        connection.execute("DROP VIEW in_the_way")

    again = forgesyte(REMOVE)

    assert first.exit_code == 1
    assert len(first.stderr.splitlines()) == 1
    assert "depend" in first.stderr
    assert (again.exit_code, count_jobs(migrated_url), files(storage)) == (0, None, [])


def test_no_job_is_accepted_or_claimed_while_the_files_go(
    environ: dict[str, str], migrated_url: str, storage: Path
) -> None:
    accept(migrated_url, storage, MANY)
    command = [sys.executable, "-m", "service.cli", *REMOVE.split()]
    removing = subprocess.Popen(command, env=os.environ | environ, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(files(storage)) < MANY)

    removing.send_signal(signal.SIGSTOP)
    try:
        with psycopg.connect(migrated_url) as writing:
            writing.execute("SET statement_timeout = '50ms'")
            with pytest.raises(psycopg.errors.QueryCanceled):
                writing.execute(CLAIM, ("1 minute",))
    finally:
        removing.send_signal(signal.SIGCONT)

    assert removing.wait(60) == 0


def test_files_that_are_gone_are_said_to_be_and_the_storage_is_left_alone(
    forgesyte: Forgesyte, migrated_url: str, storage: Path
) -> None:
    accept(migrated_url, storage, 1)
    others = storage / source_key(uuid4())
    for path in files(storage):
        path.rename(others)

    refused, removed = forgesyte(REMOVE), forgesyte(f"{REMOVE} --files-gone")

    assert refused.exit_code == 1
    assert "--files-gone" in refused.stderr
    assert removed.exit_code == 0
    assert (count_jobs(migrated_url), files(storage)) == (None, [others])


def test_another_database_deletes_no_file(
    forgesyte: Forgesyte, migrated_url: str, storage: Path
) -> None:
    """An empty database and a full storage: the one is not the other's."""
    (storage / "video_jobs").mkdir(parents=True)
    (storage / source_key(uuid4())).touch()

    refused = forgesyte(REMOVE)

    assert refused.exit_code == 1
    assert "DATABASE_URL" in refused.stderr
    assert (count_jobs(migrated_url), len(files(storage))) == (0, 1)


def test_without_jobs_and_files_there_is_only_the_table_to_remove(
    forgesyte: Forgesyte, migrated_url: str
) -> None:
    """JOB-4"""
    removed, again = forgesyte(REMOVE), forgesyte(REMOVE)

    assert (removed.exit_code, count_jobs(migrated_url)) == (0, None)
    assert (again.exit_code, again.stdout.splitlines()[-1]) == (0, "nothing to do")


@pytest.mark.parametrize("line", ["--delete-jobs", "--files-gone", "--rollback --files-gone"])
def test_options_that_say_nothing_are_refused(
    line: str, forgesyte: Forgesyte, migrated_url: str
) -> None:
    refused = forgesyte(f"migrate {line}")

    assert refused.exit_code == 2
    assert count_jobs(migrated_url) == 0
