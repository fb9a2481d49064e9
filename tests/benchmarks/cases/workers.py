"""What more workers bring, and what a system costs that has nothing to do."""

import time
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import psycopg
import redis

from service.launcher.embedded import Servers
from tests.benchmarks.cases.options import Options
from tests.benchmarks.cases.rows import add_pending
from tests.benchmarks.lock import timing
from tests.benchmarks.pairs import spread
from tests.benchmarks.programs import Void
from tests.benchmarks.report import Row
from tests.benchmarks.systems import ask, open_system
from tests.system.harness import System
from tests.unit.worker.scripted_child import MAGIC
from worker.claim_loop import IDLE_SECONDS

NUMBERS = (1, 2, 4)
PROGRAM = "tests.benchmarks.processes.idle_worker"
# Committed or rolled back: each statement of web and of a worker is a transaction, or nearly so.
TRANSACTIONS = """
SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'postgres'
"""


def workers(options: Options) -> Iterator[Row]:
    """Jobs a second that 1, 2 and 4 workers complete whose pipeline finds nothing, by turns."""
    rates: dict[int, list[float]] = {number: [] for number in NUMBERS}
    with timing(), open_system() as (system, _):
        for _ in range(options.pairs):
            for number in NUMBERS:
                rates[number].append(_rate(system, number, options))
    for number, found in rates.items():
        rate = spread(found)
        yield Row("workers", f"{number} without a pipeline", "jobs / s", rate.median, rate)
    for number in NUMBERS[1:]:
        ratios = spread([ours / one for ours, one in zip(rates[number], rates[1], strict=True)])
        yield Row(
            "workers", f"{number} without a pipeline", "times one worker", ratios.median, ratios
        )


def idle_system(options: Options) -> Iterator[Row]:
    """Transactions and Redis commands a second of web, and of web with one and with two workers."""
    with timing(), open_system() as (system, servers):
        system.start_web()
        for case in ("web alone", "web, one worker", "web, two workers"):
            if case != "web alone":
                system.start_module(PROGRAM, ready="worker ready")
            # What a start asks for is over.
            time.sleep(IDLE_SECONDS)
            before, began = _asked(system, servers), time.monotonic()
            time.sleep(options.seconds)
            asked, seconds = _asked(system, servers), time.monotonic() - began
            for name, total in asked.items():
                yield Row(
                    "idle_system",
                    case,
                    f"{name} / s",
                    (total - before[name]) / seconds,
                )


def _rate(system: System, number: int, options: Options) -> float:
    """Completed a second once all have begun; nothing is left of it."""
    video = system.folder / "empty.mp4"
    video.write_bytes(MAGIC)
    started = [system.start_module(PROGRAM, ready="worker ready") for _ in range(number)]
    add_pending(system, video, options.jobs)
    # Nobody woke them: by then each has looked by itself.
    time.sleep(IDLE_SECONDS + 1)
    before, began = _count(system, "completed"), time.monotonic()
    time.sleep(options.seconds)
    completed, seconds = _count(system, "completed") - before, time.monotonic() - began
    if not _count(system, "pending"):
        raise Void(f"workers: {options.jobs} jobs are done before {options.seconds} s are over")
    for worker in started:
        worker.end()
    ask(system, "TRUNCATE jobs CASCADE")
    return completed / seconds


def _asked(system: System, servers: Servers) -> Mapping[str, int]:
    """What both servers were asked to do so far, this question left out."""
    # Counted for another database than the one that is asked about.
    other = urlsplit(system.database_url)._replace(path="/template1").geturl()
    with psycopg.connect(other) as connection:
        ((transactions,),) = connection.execute(TRANSACTIONS)
    with redis.Redis.from_url(str(servers.redis_url)) as client:
        commands = client.info("commandstats")
    commands.pop("cmdstat_info", None)
    return {
        "transactions": transactions,
        "Redis commands": sum(each["calls"] for each in commands.values()),
    }


def _count(system: System, status: str) -> int:
    ((count,),) = ask(system, f"SELECT count(*) FROM jobs WHERE status = '{status}'")
    return int(count)
