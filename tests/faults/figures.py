"""How long what is promised takes, with the settings an operator starts with.

`python -m tests.faults.figures` takes about three minutes; for a machine that does nothing else.
Prints each figure with its bound; exit status 1 where one is over it, or came of another answer.
"""

import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import redis

from service.jobs.migrate import migrate
from service.launcher.servers_folder import open_temporary_folder
from service.maintenance.forever import PERIOD_SECONDS
from service.maintenance.janitor import GRACE_SECONDS
from tests.faults.history.cluster import WEB, WORKER
from tests.faults.processes.pipeline import Script
from tests.faults.scripted import submit
from tests.faults.servers import Pair, open_servers
from tests.system.harness import Running, System, environ_for
from tests.waiting import is_gone, wait_until

LONG = Script("long", frames=200, seconds=200)
# It gives no frame, and SIGTERM does not end its process.
DEAF = Script("deaf", seconds=1000, is_deaf=True)
PATIENCE_SECONDS = 150.0
# In place of two minutes.
STALL_SECONDS = 5
SLOW_CONNECTIONS, SERVED = 500, 20
ANSWERS_503 = ("/v1/jobs", f"/v1/video/status/{uuid4()}", f"/v1/video/results/{uuid4()}")


@dataclass(frozen=True)
class Figure:
    """How many seconds something took, and how many it may; is_so: what was to happen happened."""

    what: str
    seconds: float
    at_most: float
    is_so: bool = True

    @property
    def holds(self) -> bool:
        """Whether it is within its bound."""
        return self.is_so and self.seconds <= self.at_most

    def __str__(self) -> str:
        """A line of the report."""
        found = f"{self.seconds:.2f} s" if self.is_so else "it was not so"
        return f"{self.what}: {found} ({self.at_most:g} s){'' if self.holds else ' BROKEN'}"


def main() -> int:
    """Measure each, and print what was promised beside it."""
    with (
        open_temporary_folder("figures-") as folder,
        open_servers(folder / "servers") as servers,
        _system(folder / "system", servers) as system,
    ):
        return report(figure for measure in MEASURES for figure in measure(system, servers))


def report(figures: Iterator[Figure]) -> int:
    """Print each as it comes; the exit status."""
    broken = 0
    for figure in figures:
        sys.stdout.write(f"{figure}\n")
        sys.stdout.flush()
        broken += not figure.holds
    return int(broken > 0)


@contextmanager
def _system(folder: Path, servers: Pair) -> Iterator[System]:
    folder.mkdir()
    with servers.database() as url:
        migrate(url)
        environ = environ_for(
            folder, database_url=url, redis_url=servers.redis.url, min_free_bytes="0"
        )
        system = System(folder, url, environ, web=WEB, worker=WORKER)
        system.start_web()
        try:
            yield system
        finally:
            # What is left under way would be waited for.
            for running in system.started:
                running.kill()


def _database_away(system: System, servers: Pair) -> Iterator[Figure]:
    for name, number in (("stopped", signal.SIGSTOP), ("killed", signal.SIGQUIT)):
        if number is signal.SIGSTOP:
            servers.postgres.send(number)
        else:
            servers.postgres.stop(number)
        seconds, answer = _timed(lambda: system.post_bytes(Script("refused").encode()))
        yield Figure(f"P8 PostgreSQL {name}: 503 to a submission", seconds, 5, answer[0] == 503)
        looks = [_timed(lambda: system.get(path)) for path in ANSWERS_503]  # noqa: B023
        slowest = max(seconds for seconds, _ in looks)
        is_so = all(answer[0] == 503 for _, answer in looks)
        yield Figure(f"P8 PostgreSQL {name}: 503 to list, status and results", slowest, 5, is_so)
        servers.postgres.send(signal.SIGCONT)
        servers.postgres.start()
        wait_until(lambda: system.get("/readyz")[0] == 200)


def _redis_away(system: System, servers: Pair) -> Iterator[Figure]:
    system.start_worker()
    yield from _started(system, "Redis up")
    servers.redis.send(signal.SIGSTOP)
    yield from _started(system, "Redis stopped")
    servers.redis.send(signal.SIGCONT)
    with redis.Redis.from_url(servers.redis.url) as client:
        client.client_pause(10_000)
    yield from _started(system, "Redis paused")
    servers.redis.stop(signal.SIGKILL)
    yield from _started(system, "Redis killed")
    servers.redis.start()


def _started(system: System, name: str) -> Iterator[Figure]:
    """One job, of an idle worker."""
    accepted, job_id = _timed(lambda: submit(system, Script(name)))
    yield Figure(f"P4 {name}: 202", accepted, 3)
    started, _ = _timed(lambda: wait_until(lambda: system.row(job_id)["attempt"] > 0))
    yield Figure(f"P4 {name}: started after that", started, 6)
    system.wait_completed(job_id)


def _told_to_end(system: System, _: Pair) -> Iterator[Figure]:
    worker = system.start_worker()
    job_id, family = _run(system, worker, DEAF)
    another = system.start_another_worker()
    began = time.monotonic()
    worker.process.terminate()
    wait_until(lambda: all(is_gone(pid) for pid in family), seconds=PATIENCE_SECONDS)
    gone = time.monotonic()
    wait_until(lambda: system.row(job_id)["attempt"] == 2)
    started = time.monotonic()
    worker.process.wait()
    yield Figure("P3 SIGTERM: started again once the child was gone", started - gone, 1)
    yield Figure("P7 SIGTERM, a child deaf to it: both gone", time.monotonic() - began, 25)
    another.kill()
    system.forget_jobs()


def _killed(system: System, _: Pair) -> Iterator[Figure]:
    worker = system.start_worker()
    job_id, _family = _run(system, worker, LONG)
    worker.kill()
    seconds, _ = _timed(
        lambda: wait_until(
            lambda: system.row(job_id)["status"] == "pending", seconds=PATIENCE_SECONDS
        )
    )
    yield Figure("P3 kill -9: pending again", seconds, 75)
    system.forget_jobs()


def _stalled(system: System, _: Pair) -> Iterator[Figure]:
    environ = dict(system.environ) | {"FORGESYTE_STALL_SECONDS": str(STALL_SECONDS)}
    worker = replace(system, environ=environ).start_another_worker()
    _, family = _run(system, worker, DEAF)
    seconds, _ = _timed(lambda: wait_until(lambda: all(is_gone(pid) for pid in family)))
    over = seconds - STALL_SECONDS
    yield Figure("fault 11, a child deaf to SIGTERM: gone after the deadline", over, 5)
    worker.kill()
    system.forget_jobs()


def _crowded(system: System, _: Pair) -> Iterator[Figure]:
    head = b"POST /v1/video/submit HTTP/1.1\r\nHost: test\r\nX-Slow: "
    with ExitStack() as opened:
        for _ in range(SLOW_CONNECTIONS):
            connection = opened.enter_context(socket.create_connection((system.host, system.port)))
            connection.sendall(head)
        looks = [_timed(lambda: system.get("/v1/pipelines")) for _ in range(SERVED)]
    slowest = max(seconds for seconds, _ in looks)
    is_so = all(answer[0] == 200 for _, answer in looks)
    yield Figure(f"P9 {SLOW_CONNECTIONS} endless heads: others served", slowest, 0.25, is_so)


def _swept(*_: Any) -> Iterator[Figure]:
    longest = GRACE_SECONDS + PERIOD_SECONDS
    yield Figure("P10 a file that no row names: swept, by its periods", longest, 3600)


def _run(system: System, worker: Running, script: Script) -> tuple[str, list[int]]:
    job_id = submit(system, script)
    system.wait_for(job_id, "running")
    return job_id, worker.family()


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    began = time.monotonic()
    given = call()
    return time.monotonic() - began, given


MEASURES = (_database_away, _redis_away, _told_to_end, _killed, _stalled, _crowded, _swept)

if __name__ == "__main__":
    sys.exit(main())
