"""PostgreSQL, Redis and the disk stopped, full, emptied or locked under web and a worker."""

import resource
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import redis

from tests.faults.processes.pipeline import Script
from tests.faults.scripted import CLIENTS, LONG, submit, submit_many, texts
from tests.faults.servers import Pair, Server
from tests.system.harness import Running, System
from tests.waiting import wait_until

MANY = 50
COMPLETED_ONCE = ["pending", "running", "completed"]
MIB = 2**20


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    """It takes connections, and answers nobody."""
    server.send(signal.SIGSTOP)
    try:
        yield
    finally:
        server.send(signal.SIGCONT)


@contextmanager
def paused(server: Server) -> Iterator[None]:
    with redis.Redis.from_url(server.url) as client:
        # All but what writes goes on, or nothing could end it.
        client.client_pause(60_000, all=False)
        try:
            yield
        finally:
            client.client_unpause()


@contextmanager
def full(server: Server) -> Iterator[None]:
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory", "1")
        try:
            yield
        finally:
            client.config_set("maxmemory", "0")


@contextmanager
def no_file_above(limit_bytes: int, running: Running) -> Iterator[None]:
    """A file of the process grows no further, as on a disk that is full."""
    before = resource.prlimit(running.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, before)


def says_again(running: Running, message: str) -> Callable[[], bool]:
    """Whether it says so from now on; earlier tests had it say so too."""
    before = running.log.read_text().count(message)
    return lambda: running.log.read_text().count(message) > before


@pytest.mark.parametrize("fault", [stopped, paused, full], ids=lambda fault: fault.__name__)
def test_a_redis_that_takes_nothing_loses_no_job_and_delays_no_answer(
    system: System, own_servers: Pair, fault: Callable[[Server], Any]
):
    """P4, faults 21, 23, 25: done while the fault is still there."""
    with fault(own_servers.redis):
        answers = submit_many(system, 20)
        rows = [system.wait_completed(job_id) for _, job_id in answers]

    assert {status for status, _ in answers} == {202}
    assert {row["attempt"] for row in rows} == {1}


def test_an_emptied_redis_disturbs_no_job_that_is_running(system: System, own_servers: Pair):
    """P1, P2, fault 19."""
    job_id = submit(system, LONG)
    system.wait_for(job_id, "running")
    with redis.Redis.from_url(own_servers.redis.url) as client:
        client.flushall()
    next_job = submit(system, Script("next"))
    system.wait_completed(next_job)

    assert system.history(job_id) == COMPLETED_ONCE
    assert texts(system, job_id) == LONG.texts()


def test_every_answered_submission_outlives_a_database_that_stops_at_once(
    system: System, own_servers: Pair
):
    """P1, P8, fault 29: 202 is durable, and all else is a 503."""
    answers = submit_many(system, CLIENTS)
    stopping = threading.Timer(0.1, own_servers.postgres.stop, [signal.SIGQUIT])
    stopping.start()
    while 503 not in {status for status, _ in answers}:
        answers += submit_many(system, MANY)
    stopping.join()
    own_servers.postgres.start()
    wait_until(lambda: system.get("/readyz")[0] == 200)
    accepted = [job_id for status, job_id in answers if status == 202]
    rows = [system.wait_completed(job_id) for job_id in accepted]

    assert {status for status, _ in answers} == {202, 503}
    assert len(rows) == len(accepted)


def test_a_database_that_is_away_for_leases_loses_no_running_job(system: System, own_servers: Pair):
    """P1, P2, fault 31: the worker waits for it with what it found."""
    worker = system.start_worker()
    job_id = submit(system, LONG)
    system.wait_for(job_id, "running")
    waits = says_again(worker, "database unavailable, trying again")
    own_servers.postgres.stop(signal.SIGQUIT)
    wait_until(waits)
    own_servers.postgres.start()
    system.wait_completed(job_id)

    assert texts(system, job_id) == LONG.texts()
    assert system.history(job_id)[-1] == "completed"
    assert system.history(job_id).count("completed") == 1


def test_a_row_that_somebody_locks_is_waited_for(system: System):
    """P2, P8, fault 35: from psql, say; the lease is over when the lock goes."""
    worker = system.start_worker()
    job_id = submit(system, LONG)
    system.wait_for(job_id, "running")
    with psycopg.connect(system.database_url) as holder:
        holder.execute("SELECT FROM jobs WHERE job_id = %s FOR UPDATE", (job_id,))
        wait_until(says_again(worker, "lease not renewed"))
        status, answer = system.get(f"/v1/video/status/{job_id}")
    system.wait_completed(job_id)

    assert (status, answer["status"]) == (200, "running")
    assert texts(system, job_id) == LONG.texts()
    assert system.history(job_id).count("completed") == 1


def test_a_full_disk_refuses_the_upload_and_keeps_nothing(system: System):
    """P9, fault 37."""
    web = system.start_web()
    with no_file_above(MIB, web):
        status, answer = system.post_bytes(Script("x" * 2 * MIB).encode())
        _, listed = system.get("/v1/jobs")
    files = [path for path in system.folder.rglob("*") if path.stat().st_size > MIB / 2]

    assert (status, answer["code"]) == (507, "storage_full")
    assert listed["items"] == []
    assert files == []


def test_results_that_find_no_room_fail_the_job_and_never_complete_it(system: System):
    """P6, P9, fault 41."""
    worker = system.start_worker()
    with no_file_above(MIB, worker):
        job_id = submit(system, Script("y" * MIB, frames=2))
        row = system.wait_for(job_id, "completed", "failed")
    good = submit(system, Script("room again"))
    system.wait_completed(good)
    left = [path.name for path in system.folder.rglob(f"*{job_id}*")]

    assert (row["status"], row["error_code"]) == ("failed", "storage_full")
    assert left == [f"{job_id}.mp4"]
