"""How long what is promised takes, with the settings an operator starts with.

`python -m tests.faults.figures` takes about three minutes; for a machine that does nothing else.
"""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from service.jobs.migrate import migrate
from service.launcher.servers_folder import open_temporary_folder
from tests.faults.history.cluster import WEB, WORKER
from tests.faults.processes.pipeline import Script
from tests.faults.scripted import submit
from tests.faults.servers import Pair, open_servers
from tests.system.harness import Running, System, environ_for
from tests.waiting import is_gone, wait_until

LONG = Script("long", frames=200, seconds=200)
PATIENCE_SECONDS = 150.0


def main() -> int:
    """Measure each, and print what was promised beside it."""
    with (
        open_temporary_folder("figures-") as folder,
        open_servers(folder / "servers") as servers,
        _system(folder / "system", servers) as system,
    ):
        for measure in (_database_away, _redis_away, _told_to_end, _killed):
            for told in measure(system, servers):
                sys.stdout.write(f"{told}\n")
                sys.stdout.flush()
    return 0


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


def _database_away(system: System, servers: Pair) -> Iterator[str]:
    for name, number in (("stopped", signal.SIGSTOP), ("killed", signal.SIGQUIT)):
        if number is signal.SIGSTOP:
            servers.postgres.send(number)
        else:
            servers.postgres.stop(number)
        seconds, answer = _timed(lambda: system.post_bytes(Script("refused").encode()))
        servers.postgres.send(signal.SIGCONT)
        servers.postgres.start()
        yield f"P8 PostgreSQL {name}: {answer[0]} after {seconds:.1f} s (5 s)"
    wait_until(lambda: system.get("/readyz")[0] == 200)


def _redis_away(system: System, servers: Pair) -> Iterator[str]:
    system.start_worker()
    servers.redis.send(signal.SIGSTOP)
    accepted, job_id = _timed(lambda: submit(system, Script("without a call")))
    started, _ = _timed(lambda: wait_until(lambda: system.row(job_id)["attempt"] > 0))
    servers.redis.send(signal.SIGCONT)
    yield f"P4 Redis stopped: 202 after {accepted:.1f} s, started {started:.1f} s later (6 s)"


def _told_to_end(system: System, _: Pair) -> Iterator[str]:
    worker = system.start_worker()
    job_id, family = _run_long(system, worker)
    began = time.monotonic()
    worker.process.terminate()
    wait_until(lambda: all(is_gone(pid) for pid in family), seconds=PATIENCE_SECONDS)
    gone = time.monotonic()
    wait_until(lambda: system.row(job_id)["status"] == "pending")
    pending = time.monotonic()
    worker.process.wait()
    yield f"P3 SIGTERM: pending {pending - gone:.1f} s after the child was gone (5 s)"
    yield f"P7 SIGTERM: the worker was gone after {time.monotonic() - began:.1f} s (25 s)"
    system.forget_jobs()


def _killed(system: System, _: Pair) -> Iterator[str]:
    worker = system.start_worker()
    job_id, _family = _run_long(system, worker)
    worker.kill()
    seconds, _ = _timed(
        lambda: wait_until(
            lambda: system.row(job_id)["status"] == "pending", seconds=PATIENCE_SECONDS
        )
    )
    yield f"P3 kill -9: pending again after {seconds:.1f} s (75 s)"


def _run_long(system: System, worker: Running) -> tuple[str, list[int]]:
    job_id = submit(system, LONG)
    system.wait_for(job_id, "running")
    return job_id, worker.family()


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    began = time.monotonic()
    given = call()
    return time.monotonic() - began, given


if __name__ == "__main__":
    sys.exit(main())
