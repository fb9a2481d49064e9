"""What the way of a job costs without its analysis: `python -m tests.benchmarks jobs`.

Real PostgreSQL, Redis, web and two workers, whose pipeline finds nothing.
"""

import asyncio
import os
import signal
import statistics
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import psycopg
import redis

from service.jobs.postgres import open_postgres_jobs
from service.launcher.embedded import Servers
from service.storage.base import StoredFile
from tests.benchmarks.cases.options import Options
from tests.benchmarks.cases.rows import add_pending
from tests.benchmarks.lock import timing
from tests.benchmarks.report import Goal, Row, at_most
from tests.benchmarks.systems import ask, open_system, percentile
from tests.system.harness import Running, System
from tests.unit.service.jobs.samples import a_new_job
from tests.unit.worker.scripted_child import MAGIC

SUBMISSIONS = 100
SUBMISSIONS_ALONE = 20
# As many as the workers' polls have phases.
APART_SECONDS = 0.5
# A quarter of the lease: each process recovers once.
IDLE_SECONDS = 15
TEXTS = 10_000
TEXT = {"class_name": "text", "confidence": 0.9, "detections": 2, "frames": 2, "track_id": 3}
RESULTS = StoredFile("video_jobs/results.json", 7, "b" * 64)
HISTORY = """
CREATE TABLE moves (at timestamptz DEFAULT clock_timestamp(), job_id uuid, status text);
CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO moves (job_id, status) VALUES (NEW.job_id, NEW.status);
    RETURN NULL;
END $$;
CREATE TRIGGER note_move AFTER UPDATE OF status ON jobs
    FOR EACH ROW EXECUTE FUNCTION note_move();
"""
STATEMENT = " LOG:  execute "
OTHERS_ENDED = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = 'postgres' AND pid <> pg_backend_pid()
"""
# By each job's first claim: the one whose worker was killed has two.
OUT_OF_ORDER = """
SELECT count(*) FROM (
    SELECT row_number() OVER (ORDER BY min(at)) - row_number() OVER (ORDER BY created_at) AS late
    FROM moves JOIN jobs USING (job_id) WHERE moves.status = 'running'
    GROUP BY job_id, created_at
) AS claims WHERE abs(late) > 1
"""
WAITED = """
SELECT extract(epoch FROM moves.at - created_at) * 1000
FROM moves JOIN jobs USING (job_id) WHERE moves.status = 'running'
"""


def jobs(options: Options) -> Iterator[Row]:
    """What the way of a job costs: from acceptance to its claim, after a crash, without Redis."""
    with timing(), open_system() as (system, servers):
        with psycopg.connect(system.database_url) as connection:
            connection.execute(HISTORY)
            connection.execute("ALTER DATABASE postgres SET log_statement = 'all'")
        yield from _measure(system, servers, options.jobs)


def _measure(system: System, servers: Servers, number: int) -> Iterator[Row]:
    seconds = asyncio.run(_completion_seconds(system.database_url))
    yield _row(f"a completion with {TEXTS} texts", "s", seconds)
    ask(system, "TRUNCATE jobs, moves CASCADE")
    system.start_web()
    worker, _other = _start_worker(system), _start_worker(system)
    yield _row("idle, two workers and web", "statements / s", _idle_statements(system))
    waits = _submissions(system)
    yield _row("submit → running, idle", "p50, ms", percentile(waits, 50), at_most(50))
    yield _row("submit → running, idle", "p95, ms", percentile(waits, 95), at_most(100))
    os.kill(servers.pids["redis"], signal.SIGSTOP)
    waits = _submissions_alone(system)
    os.kill(servers.pids["redis"], signal.SIGCONT)
    yield _row("submit → running, Redis stopped", "longest, s", waits[-1] / 1000)
    add_pending(system, _nothing_submitted(system), number)
    with redis.Redis.from_url(str(servers.redis_url)) as client:
        client.flushall()
    began = time.monotonic()
    job_id, killed = _kill_holder(system, worker)
    _start_worker(system)
    _drain(system, number - 1)
    case = f"{number} pending, Redis emptied, a worker killed"
    yield _row(case, "s", time.monotonic() - began)
    recovered = _recovered(system, job_id) - killed
    yield _row("a worker killed, lease 60 s", "s to pending", recovered)
    _drain(system, number)
    yield _row(case, "out of order", ask(system, OUT_OF_ORDER)[0][0], at_most(0))


def _start_worker(system: System) -> Running:
    return system.start_module("tests.benchmarks.processes.idle_worker", ready="worker ready")


def _row(case: str, figure: str, value: float, goal: Goal | None = None) -> Row:
    return Row("jobs", case, figure, value, goal=goal)


def _submissions(system: System) -> list[float]:
    """Milliseconds from each job's acceptance to its claim, in rising order."""
    video = _nothing_submitted(system)
    for _ in range(SUBMISSIONS):
        system.wait_completed(system.submit(video))
    return _waits(system)


def _submissions_alone(system: System) -> list[float]:
    """The same without Redis, for which web waits: submitted without waiting for one another."""
    video = _nothing_submitted(system)
    with ThreadPoolExecutor(SUBMISSIONS_ALONE) as threads:
        accepted = []
        for _ in range(SUBMISSIONS_ALONE):
            accepted.append(threads.submit(system.submit, video))
            time.sleep(APART_SECONDS)
        for job in accepted:
            system.wait_completed(job.result())
    return _waits(system)


def _nothing_submitted(system: System) -> Path:
    """The video to submit, once there is no job."""
    ask(system, "TRUNCATE jobs, moves CASCADE")
    video = system.folder / "empty.mp4"
    video.write_bytes(MAGIC)
    return video


def _waits(system: System) -> list[float]:
    return sorted(float(row[0]) for row in ask(system, WAITED))


def _idle_statements(system: System) -> float:
    """Statements a second while nothing happens, from the log of the server."""
    log = system.folder / "data" / "postgres.log"
    before = log.read_text().count(STATEMENT)
    time.sleep(IDLE_SECONDS)
    counted = log.read_text().count(STATEMENT) - before
    ask(system, "ALTER DATABASE postgres RESET log_statement")
    # Those that are connected would go on being logged.
    ask(system, OTHERS_ENDED)
    return counted / IDLE_SECONDS


async def _completion_seconds(url: str) -> float:
    """The median of five completions with as many texts as a video may have."""
    texts = [TEXT | {"text": f"{n:040}", "first_ms": n, "last_ms": n + 40} for n in range(TEXTS)]
    seconds = []
    async with open_postgres_jobs(url) as jobs:
        for _ in range(5):
            await jobs.insert(a_new_job())
            job = await jobs.claim(owner="benchmark", lease_seconds=60)
            assert job is not None
            began = time.perf_counter()
            await jobs.complete(job.lease, RESULTS, summary={"texts": texts})
            seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _drain(system: System, jobs: int) -> None:
    """Wait until so many are completed."""
    done = 0
    while done < jobs:
        time.sleep(1)
        done = ask(system, "SELECT count(*) FROM jobs WHERE status = 'completed'")[0][0]
        sys.stderr.write(f"\r{done} of {jobs} completed")
    sys.stderr.write("\n")


def _kill_holder(system: System, worker: Running) -> tuple[UUID, float]:
    """kill -9 of a worker that holds a job: the job's id and the time, by time.time()."""
    held = f"SELECT job_id FROM jobs WHERE lease_owner LIKE '%:{worker.pid}:%'"
    while True:
        worker.process.send_signal(signal.SIGSTOP)
        # What it had sent before is done by then.
        time.sleep(0.5)
        if found := ask(system, held):
            break
        worker.process.send_signal(signal.SIGCONT)
        time.sleep(0.01)
    worker.kill()
    return found[0][0], time.time()


def _recovered(system: System, job_id: UUID) -> float:
    """When the job was pending again, which it is waited for."""
    sys.stderr.write("waiting for the lease of the killed worker\n")
    back = f"""SELECT extract(epoch FROM at)::float
        FROM moves WHERE status = 'pending' AND job_id = '{job_id}'"""
    while not (found := ask(system, back)):
        time.sleep(0.1)
    return float(found[0][0])
