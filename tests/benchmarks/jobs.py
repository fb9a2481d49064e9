"""What the way of a job costs without its analysis: `python -m tests.benchmarks.jobs [JOBS]`.

Real PostgreSQL, Redis, web and two workers, whose pipeline finds nothing. Prints one line a figure.
"""

import asyncio
import hashlib
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import redis

from service.jobs.migrate import migrate
from service.jobs.postgres import open_postgres_jobs
from service.launcher.embedded import Servers, embedded_servers
from service.storage.base import StoredFile
from tests.system.harness import Running, System, environ_for
from tests.unit.service.jobs.samples import a_new_job
from tests.unit.worker.scripted_child import MAGIC

JOBS = 10_000
SUBMISSIONS = 100
SUBMISSIONS_ALONE = 20
IDLE_SECONDS = 30
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
PENDING = """
INSERT INTO jobs (job_id, pipeline_id, input_path, input_bytes, input_sha256, created_at)
SELECT gen_random_uuid(), 'yolo_ocr', %s, %s, %s, now() - make_interval(secs => %s - n)
FROM generate_series(1, %s) AS n
"""
OUT_OF_ORDER = """
SELECT count(*) FROM (
    SELECT row_number() OVER (ORDER BY at) - row_number() OVER (ORDER BY created_at) AS late
    FROM moves JOIN jobs USING (job_id) WHERE moves.status = 'running'
) AS claims WHERE abs(late) > 1
"""
WAITED = """
SELECT extract(epoch FROM moves.at - created_at) * 1000
FROM moves JOIN jobs USING (job_id) WHERE moves.status = 'running'
"""


def main() -> None:
    """Measure and print."""
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else JOBS
    with tempfile.TemporaryDirectory(prefix="forgesyte-bench-") as folder:
        Path(folder).chmod(0o755)
        with embedded_servers(Path(folder, "data")) as servers, _system(folder, servers) as system:
            _measure(system, servers, jobs)


def _measure(system: System, servers: Servers, jobs: int) -> None:
    seconds = asyncio.run(_completion_seconds(system.database_url))
    _say(f"a completion with {TEXTS} texts", f"{seconds:.2f} s")
    _ask(system, "TRUNCATE jobs, moves CASCADE")
    system.start_web()
    workers = [
        system.start_module("tests.benchmarks.idle_worker", ready="worker ready") for _ in range(2)
    ]
    idle = _idle_statements(system)
    _say("statements a second, idle, two workers and web", f"{idle:.2f}")
    waits = _submissions(system)
    _say("submit → running, idle, p50 / p95", f"{_at(waits, 50):.0f} / {_at(waits, 95):.0f} ms")
    os.kill(servers.pids["redis"], signal.SIGSTOP)
    waits = _submissions(system, number=SUBMISSIONS_ALONE)
    os.kill(servers.pids["redis"], signal.SIGCONT)
    _say("the same with Redis stopped, longest", f"{waits[-1] / 1000:.1f} s")
    _fill(system, jobs)
    with redis.Redis.from_url(str(servers.redis_url)) as client:
        client.flushall()
    seconds = _drain(system, jobs)
    late = _ask(system, OUT_OF_ORDER)[0][0]
    _say(f"{jobs} pending, Redis emptied", f"{seconds:.0f} s, {late} claimed out of order")
    _fill(system, jobs)
    seconds = _recovery_seconds(system, workers[0])
    _say(f"a worker killed, {jobs} pending, lease 60 s", f"{seconds:.0f} s to pending again")


def _submissions(system: System, number: int = SUBMISSIONS) -> list[float]:
    """Milliseconds from each job's acceptance to its claim, in rising order."""
    _ask(system, "TRUNCATE jobs, moves CASCADE")
    video = system.folder / "empty.mp4"
    video.write_bytes(MAGIC)
    for _ in range(number):
        system.wait_completed(system.submit(video))
    return sorted(float(row[0]) for row in _ask(system, WAITED))


def _idle_statements(system: System) -> float:
    """Statements a second while nothing happens, from the log of the server."""
    log = system.folder / "data" / "postgres.log"
    before = log.read_text().count(STATEMENT)
    time.sleep(IDLE_SECONDS)
    counted = log.read_text().count(STATEMENT) - before
    _ask(system, "ALTER DATABASE postgres RESET log_statement")
    # Those that are connected would go on being logged.
    _ask(system, OTHERS_ENDED)
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


def _fill(system: System, jobs: int) -> None:
    """So many pending jobs, and no others; they share one video."""
    key, video = f"video_jobs/{uuid4()}.mp4", (system.folder / "empty.mp4").read_bytes()
    (system.folder / "storage" / key).write_bytes(video)
    digest = hashlib.sha256(video).hexdigest()
    with psycopg.connect(system.database_url) as connection:
        connection.execute("TRUNCATE jobs, moves CASCADE")
        connection.execute(PENDING, (key, len(video), digest, jobs, jobs))


def _drain(system: System, jobs: int) -> float:
    """Seconds until all of them are completed."""
    began, done = time.monotonic(), 0
    while done < jobs:
        time.sleep(1)
        done = _ask(system, "SELECT count(*) FROM jobs WHERE status = 'completed'")[0][0]
        sys.stderr.write(f"\r{done} of {jobs} completed")
    sys.stderr.write("\n")
    return time.monotonic() - began


def _recovery_seconds(system: System, worker: Running) -> float:
    """Seconds from kill -9 of a worker until the job it had is pending again."""
    held = f"SELECT job_id FROM jobs WHERE lease_owner LIKE '%:{worker.pid}:%'"
    while True:
        worker.process.send_signal(signal.SIGSTOP)
        # What it had sent before is done by then.
        time.sleep(0.5)
        if found := _ask(system, held):
            break
        worker.process.send_signal(signal.SIGCONT)
        time.sleep(0.01)
    worker.kill()
    began = time.monotonic()
    back = f"SELECT 1 FROM moves WHERE status = 'pending' AND job_id = '{found[0][0]}'"
    while not _ask(system, back):
        time.sleep(0.1)
    return time.monotonic() - began


@contextmanager
def _system(folder: str, servers: Servers) -> Iterator[System]:
    url = str(servers.database_url)
    migrate(url)
    with psycopg.connect(url) as connection:
        connection.execute(HISTORY)
        connection.execute("ALTER DATABASE postgres SET log_statement = 'all'")
    environ = environ_for(
        Path(folder), database_url=url, redis_url=str(servers.redis_url), log_format="json"
    )
    system = System(Path(folder), url, environ)
    try:
        yield system
    finally:
        for running in system.started:
            running.kill()


def _ask(system: System, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(system.database_url) as connection:
        answer = connection.execute(query)
        return answer.fetchall() if answer.description else []


def _at(sorted_values: list[float], percent: int) -> float:
    return statistics.quantiles(sorted_values, n=100)[percent - 1]


def _say(what: str, figure: str) -> None:
    sys.stdout.write(f"{what:50} {figure}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
