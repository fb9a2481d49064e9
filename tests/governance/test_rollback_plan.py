"""DOC-2: the rollback plan's commands, run as they are written."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from service.jobs.model import Lease, Status, attempt_results_key, results_key, source_key
from tests.governance.documents import ROOT, blocks, text_of

LOOK, REMOVE, FORWARD = blocks(text_of("ROLLBACK_PLAN"), "sh")
YOYO = {"_yoyo_log", "_yoyo_migration", "_yoyo_version", "yoyo_lock"}
OURS = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT typname FROM pg_type
          WHERE typnamespace = 'public'::regnamespace AND typcategory <> 'A' AND typrelid = 0
"""
ROWS = {
    Status.PENDING: "'pending', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
    Status.RUNNING: "'running', 1, 'w', now(), NULL, NULL, NULL, NULL, NULL, NULL",
    Status.FAILED: "'failed', 1, NULL, NULL, 'no_frames', 'why', NULL, NULL, NULL, NULL",
    Status.COMPLETED: "'completed', 2, NULL, NULL, NULL, NULL, 'o', 1, repeat('a', 64), '{}'",
}
INSERT = """
INSERT INTO jobs (job_id, pipeline_id, input_path, input_bytes, input_sha256, status, attempt,
                  lease_owner, lease_expires_at, error_code, error_message,
                  output_path, output_bytes, output_sha256, summary)
VALUES (%s, 'p', %s, 1, repeat('a', 64), {})
"""
STRANGERS = ("notes.txt", "others/video.mp4", "video_jobs/README", "video_jobs/video.mp4")
# A default that is safe to try: as root the real one is a folder that may hold real jobs.
COMMAND = """
import sys
from pathlib import Path
from config.settings import Settings

Settings.model_fields["storage_url"].default = Path(sys.argv.pop(1)).as_uri()
Settings.model_rebuild(force=True)

from service.cli.main import main

main(prog_name="forgesyte")
"""


@dataclass(frozen=True)
class Operator:
    """Somebody's shell: the settings, and a forgesyte command."""

    environ: dict[str, str]

    def run(self, script: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
        environ = {name: value for name, value in (self.environ | changes).items() if value}
        command = ["sh", "-eu", "-c", script]
        return subprocess.run(
            command, cwd=ROOT, env=environ, check=False, capture_output=True, text=True
        )

    @property
    def database_url(self) -> str:
        return self.environ["DATABASE_URL"]


@pytest.fixture
def operator(tmp_path: Path, database_url: str, redis_url: str) -> Operator:
    (tmp_path / "command.py").write_text(COMMAND)
    command = tmp_path / "bin" / "forgesyte"
    command.parent.mkdir()
    program = f'"{sys.executable}" "{tmp_path}/command.py" "{tmp_path}/default"'
    command.write_text(f'#!/bin/sh\nexec {program} "$@"\n')
    command.chmod(0o755)
    environ = {
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "FORGESYTE_STORAGE_URL": (tmp_path / "storage").as_uri(),
    }
    return Operator(environ)


def objects(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute(OURS)}


def fill(operator: Operator, storage: Path) -> list[Path]:
    """A job in every status, the files that jobs leave, and strangers' files, which come back."""
    assert operator.run(FORWARD).returncode == 0
    jobs = [uuid4() for _ in ROWS]
    with psycopg.connect(operator.database_url) as connection:
        for job_id, row in zip(jobs, ROWS.values(), strict=True):
            connection.execute(INSERT.format(row), (job_id, source_key(job_id)))
    strangers = [storage.parent / "beside.mp4", *(storage / name for name in STRANGERS)]
    for path in [*strangers, *(storage / name for name in left_by(jobs))]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    return strangers


def left_by(jobs: list[UUID]) -> list[str]:
    nobodys, last = uuid4(), jobs[-1]
    return [
        *map(source_key, jobs),
        attempt_results_key(Lease(last, 1, "killed")),
        attempt_results_key(Lease(last, 2, "w")),
        results_key(last),
        source_key(nobodys),
        attempt_results_key(Lease(nobodys, 1, "w")),
        f"video_jobs/.{nobodys}.mp4.{uuid4().hex}.part",
    ]


def files_under(folder: Path) -> dict[Path, str]:
    return {path: path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_looking_says_what_will_be_lost_and_loses_nothing(
    operator: Operator, tmp_path: Path
) -> None:
    """DOC-2"""
    fill(operator, tmp_path / "storage")
    before, files = objects(operator.database_url), files_under(tmp_path)

    looked = operator.run(LOOK)

    assert looked.returncode == 1
    assert "deletes 4 jobs for good" in looked.stderr
    assert [status for status in Status if f"1 {status}" not in looked.stderr] == []
    assert f"their 9 files in {operator.environ['FORGESYTE_STORAGE_URL']}" in looked.stderr
    assert "--delete-jobs" in looked.stderr
    assert (objects(operator.database_url), files_under(tmp_path)) == (before, files)
    assert counted_jobs(operator) == 4


def encoded(folder: Path) -> str:
    return folder.as_uri()


def as_it_is(folder: Path) -> str:
    return f"file://{folder}"


def unset(_: Path) -> None:
    return None


@pytest.mark.parametrize(
    ("name", "setting"),
    [("storage", encoded), ("with space", encoded), ("with space", as_it_is), ("default", unset)],
)
def test_the_plan_removes_everything_and_leads_forward_again(
    name: str, setting: Callable[[Path], str | None], operator: Operator, tmp_path: Path
) -> None:
    """DOC-2, JOB-4: no file of a job is left, no table or type of ours, and nothing else changes"""
    storage = tmp_path / name
    changes = {"FORGESYTE_STORAGE_URL": setting(storage)}
    files = files_under(tmp_path)
    files |= {path: path.name for path in fill(operator, storage)}
    before = objects(operator.database_url)
    assert {"jobs", "jobs_touch"} <= before

    removed = operator.run(REMOVE, **changes)

    assert removed.returncode == 0, removed.stderr
    assert objects(operator.database_url) == YOYO
    assert files_under(tmp_path) == files

    forward = operator.run(FORWARD, **changes)

    assert forward.returncode == 0, forward.stderr
    assert objects(operator.database_url) == before


@pytest.mark.parametrize("unfit", [None, "file:///nowhere/at/all", "file:///dev/null"])
@pytest.mark.parametrize("step", [LOOK, REMOVE])
def test_the_wrong_storage_is_refused_and_nothing_is_lost(
    step: str, unfit: str | None, operator: Operator, tmp_path: Path
) -> None:
    """DOC-2: the table is the only thing that tells where the videos are"""
    fill(operator, tmp_path / "storage")
    before, files = objects(operator.database_url), files_under(tmp_path)

    refused = operator.run(step, FORGESYTE_STORAGE_URL=unfit)

    assert refused.returncode == 1
    assert "FORGESYTE_STORAGE_URL" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert (objects(operator.database_url), files_under(tmp_path)) == (before, files)
    assert counted_jobs(operator) == 4


def test_the_plan_names_what_stays_and_deletes_nothing_by_hand() -> None:
    """DOC-2"""
    text = text_of("ROLLBACK_PLAN")

    assert [name for name in YOYO if f"`{name}`" not in text] == []
    assert "rm " not in text


def counted_jobs(operator: Operator) -> int:
    with psycopg.connect(operator.database_url) as connection:
        (number,) = connection.execute("SELECT count(*) FROM jobs").fetchone()
        return number
