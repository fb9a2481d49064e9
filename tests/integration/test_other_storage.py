"""A worker that was given another storage than web, over one PostgreSQL and one Redis."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.harness import System, environ_for
from tests.unit.worker.scripted_child import MAGIC
from tests.waiting import wait_until

IDLE_WORKER = "tests.benchmarks.processes.idle_worker"


@pytest.fixture
def system(tmp_path: Path, migrated_url: str, redis_url: str) -> Iterator[System]:
    environ = environ_for(
        tmp_path, database_url=migrated_url, redis_url=redis_url, lease_seconds="2"
    )
    system = System(tmp_path, migrated_url, environ, worker=IDLE_WORKER)
    yield system
    system.end()


def test_a_worker_of_another_storage_takes_no_job_and_says_why(system: System) -> None:
    """P1: it failed them, as if the videos were gone."""
    shared = dict(system.environ)
    system.start_web()
    system.environ = shared | {"FORGESYTE_STORAGE_URL": f"file://{system.folder / 'elsewhere'}"}
    lost = system.start_another_worker()
    status, answer = system.post_bytes(MAGIC)
    assert status == 202
    job_id = str(answer["job_id"])
    wait_until(lambda: lost.says("claims nothing"))
    assert system.get("/readyz")[1]["checks"]["workers"] == "other_storage"
    row = system.row(job_id)
    assert (row["status"], row["attempt"]) == ("pending", 0)

    system.environ = shared
    system.start_another_worker()

    assert system.wait_completed(job_id)["attempt"] == 1
    assert lost.lives()
    assert lost.log.read_text().count("claims nothing") == 1
