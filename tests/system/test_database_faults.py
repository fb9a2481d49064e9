"""Web and worker as processes on a PostgreSQL to which things happen, and jobs all the while."""

import signal
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psycopg
import pytest

from tests.integration.database_faults import FAULTS, Fault, as_tried_role, drop_tried_role
from tests.system.conftest import LEASE_SECONDS, Way
from tests.system.harness import Running, System, environ_for, send
from tests.unit.worker.scripted_child import MAGIC
from tests.waiting import until

JOBS = 15


@pytest.fixture
def tried(tmp_path: Path, migrated_url: str, redis_url: str, way: Way) -> Iterator[System]:
    """A system whose database role things can happen to."""
    url = as_tried_role(migrated_url)
    environ = environ_for(
        tmp_path, database_url=url, redis_url=redis_url, lease_seconds=LEASE_SECONDS
    )
    system = System(tmp_path, migrated_url, environ | dict(way(url)))
    yield system
    system.end()
    drop_tried_role(migrated_url)


async def test_no_fault_of_the_database_ends_a_process_or_fails_a_job(
    tried: System, migrated_url: str
) -> None:
    """P1, P5, JOB-3: what was accepted completes, and nobody is to blame for the database."""
    video = tried.folder / "empty.mp4"
    video.write_bytes(MAGIC)
    web = tried.start_web()
    workers = [
        tried.start_module("tests.benchmarks.processes.idle_worker", ready="worker ready")
        for _ in range(2)
    ]
    job_ids: list[str] = []
    for fault in FAULTS:
        # Held while they are submitted, so that the fault meets jobs in every state.
        send([worker.pid for worker in workers], signal.SIGSTOP)
        job_ids += [tried.submit(video) for _ in range(JOBS)]
        send([worker.pid for worker in workers], signal.SIGCONT)
        await _meet(fault, tried, workers, migrated_url)
    await until(lambda: _rest(migrated_url) == 0, seconds=60)

    assert len(job_ids) == JOBS * len(FAULTS)
    assert {tried.row(job_id)["status"] for job_id in job_ids} == {"completed"}
    assert web.lives()
    assert all(worker.lives() for worker in workers)
    assert tried.get("/readyz")[0] == 200
    assert [worker.end() for worker in workers] == [0, 0]


async def _meet(fault: Fault, system: System, workers: list[Running], url: str) -> None:
    """Let the fault be there until somebody has felt it, and web takes jobs again after it."""
    connection = await asyncpg.connect(url)
    before = _failed_claims(workers)
    async with fault(connection):
        # Where connections are ended again and again, a call may get through between two ends.
        await until(lambda: _failed_claims(workers) > before or not _is_accepting(system))
    await connection.close()
    await until(lambda: _is_accepting(system))


def _failed_claims(workers: list[Running]) -> int:
    return sum(worker.log.read_text().count("claim failed") for worker in workers)


def _is_accepting(system: System) -> bool:
    """Whether web writes to its database: a replica, which answers questions, is not enough."""
    return system.post(system.folder / "empty.mp4")[0] == 202


def _rest(url: str) -> int:
    """How many jobs have not completed."""
    with psycopg.connect(url) as connection:
        rest = connection.execute("SELECT count(*) FROM jobs WHERE status <> 'completed'")
        return int(rest.fetchall()[0][0])
