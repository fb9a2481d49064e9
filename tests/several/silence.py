"""What is promised when packets are dropped without a word: `python -m tests.several.silence`.

Prints how long each took beside what is promised; exit status 1 where one took longer.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from service.jobs.migrate import migrate
from service.jobs.postgres import open_postgres_jobs
from service.launcher.servers_folder import open_temporary_folder
from tests.faults.history.cluster import WEB, WORKER, Member
from tests.faults.processes.pipeline import Script
from tests.faults.servers import Pair
from tests.several import page
from tests.several.network import WITHIN_VARIABLE, Machine, make_machines, run_within
from tests.several.servers import open_servers_on
from tests.system.harness import ROOT, System, environ_for
from tests.waiting import wait_until

NAMES = ("postgres", "redis", "web", "worker", "other")
# What a machine that does other things too may be late by.
SLACK_SECONDS = 5.0
# Keeps every other process from maintenance, as a machine does that loses its power meanwhile.
HOLD = """
import asyncio, os
from service.jobs.postgres import open_postgres_jobs
async def hold():
    async with open_postgres_jobs(os.environ["DATABASE_URL"]) as jobs, jobs.maintaining() as alone:
        print(alone, flush=True)
        await asyncio.sleep(3600)
asyncio.run(hold())
"""
# What is measured → seconds that are promised (reliability: P8, P4), or what PostgreSQL is told.
PROMISED = {
    "database cut off: the slowest answer, a 503": 5.0,
    "database cut off for a while: the slowest answer": 5.0,
    "database back: a video is accepted again": 10.0,
    "queue cut off: a video is accepted": 3.0,
    "queue cut off: its job is begun": 6.0,
    "machine without power: its lock is free": 25.0,
}


def main() -> int:
    """Measure it; 1 where something took too long."""
    # What was started is to be ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if WITHIN_VARIABLE not in os.environ:
        return run_within("tests.several.silence", sys.argv[1:])
    machines = dict(zip(NAMES, make_machines(*NAMES), strict=True))
    with (
        open_temporary_folder("silence-") as folder,
        open_servers_on(folder / "servers", machines["postgres"], machines["redis"]) as servers,
        servers.database() as url,
    ):
        migrate(url)
        with _running(folder, servers, url, machines) as system:
            took = _measured(system, machines)
    for name, promised in PROMISED.items():
        sys.stdout.write(f"{name:<52} {took[name]:5.1f} s of {promised:g} s\n")
    return int(any(took[name] > promised + SLACK_SECONDS for name, promised in PROMISED.items()))


@contextmanager
def _running(
    folder: Path, servers: Pair, url: str, machines: dict[str, Machine]
) -> Iterator[System]:
    """Web and a worker, ready, as the page has them."""
    environ = environ_for(
        folder,
        database_url=url,
        redis_url=servers.redis.url,
        lease_seconds="60",
        min_free_bytes="0",
    )
    given = page.variables(url, servers.redis.url, f"file://{folder}/storage")
    members = [
        page.placed(Member(module, environ, folder / f"{name}.log"), block, machines[name], given)
        for name, module, block in (("web", WEB, page.WEB), ("worker", WORKER, page.WORKER))
    ]
    system = System(folder, url, {}, host=machines["web"].address, port=page.WEB_PORT)
    try:
        for member in members:
            member.start()
        wait_until(lambda: _is_ready(system), seconds=90)
        yield system
    finally:
        for member in members:
            member.send(signal.SIGKILL)


def _measured(system: System, machines: dict[str, Machine]) -> dict[str, float]:
    holder = subprocess.Popen(
        [*machines["other"].prefix, sys.executable, "-c", HOLD],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": system.database_url},
        stdout=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: holder.stdout is not None and holder.stdout.readline() == "True\n")
    machines["other"].cut()
    holder.kill()
    lost_power_at = time.monotonic()
    names = iter(PROMISED)
    took: dict[str, float] = {}

    machines["postgres"].cut()
    for _ in range(2):
        took[next(names)] = max(_seconds(lambda ask=ask: ask(system)) for ask in ASKED)
    machines["postgres"].heal()
    took[next(names)] = _seconds(lambda: wait_until(lambda: _submit(system)[0] == 202))
    wait_until(lambda: _is_ready(system))

    machines["redis"].cut()
    job_ids: list[str] = []
    took[next(names)] = _seconds(lambda: job_ids.append(_submit(system)[1]))
    took[next(names)] = _seconds(lambda: system.wait_for(job_ids[0], "running", "completed"))
    machines["redis"].heal()

    wait_until(lambda: asyncio.run(_is_free(system.database_url)), seconds=120)
    took[next(names)] = time.monotonic() - lost_power_at
    return took


def _submit(system: System) -> tuple[int, str]:
    status, answer = system.post_bytes(Script("one", frames=2, seconds=1).encode())
    return status, (answer or {}).get("job_id", "")


def _is_ready(system: System) -> bool:
    status, document = system.get("/readyz")
    return status == 200 and document["checks"]["workers"] == "ok"


def _is_refused(status: int) -> None:
    assert status == 503, status


# Each has to be refused while PostgreSQL is away.
ASKED: tuple[Callable[[System], None], ...] = (
    lambda system: _is_refused(system.get("/v1/jobs")[0]),
    lambda system: _is_refused(_submit(system)[0]),
    lambda system: _is_refused(system.get("/readyz")[0]),
)


def _seconds(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


async def _is_free(url: str) -> bool:
    async with open_postgres_jobs(url) as jobs, jobs.maintaining() as is_alone:
        return is_alone


if __name__ == "__main__":
    sys.exit(main())
