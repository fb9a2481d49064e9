"""One run: clients and a nemesis over a cluster, then the looks at what is left."""

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import psycopg

from service.jobs.migrate import migrate
from service.jobs.postgres import open_postgres_jobs
from service.maintenance.janitor import sweep_files
from service.storage.base import Storage
from service.storage.local import LocalStorage
from tests.data.videos import text_video
from tests.faults.history.clients import ANSWER_SECONDS, Client, Record, Task
from tests.faults.history.cluster import Cluster, Place, Taken, open_cluster
from tests.faults.history.growth import WARM_SECONDS, Lived, lived, pipelines, taken_when_warm
from tests.faults.history.invariants import (
    NOTED,
    Ended,
    Finding,
    check,
    held_transactions,
    read_database,
)
from tests.faults.history.nemesis import EXIT_SECONDS, FAULTS, Nemesis, Weighed
from tests.faults.processes.pipeline import REAL, Script
from tests.faults.servers import Pair
from tests.system.harness import READY_SECONDS, ROOT

# Twice the default: loading the real models takes so long that most jobs would be hit thrice.
MAX_ATTEMPTS = 6
# Real videos come ten in a row, one in twenty in all: a process loads its models for several.
REAL_IN_A_ROW, REAL_EACH = 10, 20
DELETED_EACH = 25
SENT_TWICE_EACH = 10
SLOW_EACH = 40
CLIENTS = 32


@dataclass(frozen=True)
class Plan:
    """What a run does; the seed decides the rest."""

    seed: int
    jobs: int
    faults: Sequence[str] = tuple(FAULTS)
    lease_seconds: float = 3.0
    pause_seconds: float = 1.0
    jobs_a_fault: float = 2.5
    # Faults happen until every client is done, or for so long; then clients have some seconds more.
    work_seconds: float = 3600.0
    settle_seconds: float = 90.0
    clients: int = CLIENTS
    webs: int = 2
    workers: int = 3
    # So many of each kind are ended by no fault.
    lasting: int = 0
    altered: str | None = None
    # Every job takes longer than a lease, so that whoever is paused has one.
    is_slow: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a run did, and what held."""

    findings: Sequence[Finding]
    happened: Counter[str]
    record: Record
    statuses: Counter[str]
    attempts: int
    swept: int
    pipelines: Sequence[Lived]

    @property
    def holds(self) -> bool:
        """Whether nothing was broken."""
        return not any(finding.broken for finding in self.findings)


@dataclass(frozen=True)
class Surroundings:
    """Where a run takes place, and what can happen there."""

    faults: Mapping[str, Weighed]
    # Makes the schema in the database of a URL.
    release: Callable[[str], object]
    place: Place
    # Called once every process is ready.
    look: Callable[[Cluster], None]
    # What a folder stands for, and how what is stored elsewhere comes into it.
    storage: Callable[[Path], Storage] = LocalStorage
    fetch: Callable[[Path], None] = lambda _: None


HERE = Surroundings(FAULTS, migrate, lambda member, _: member, lambda _: None)


async def run(
    plan: Plan,
    servers: Pair,
    folder: Path,
    *,
    progress: Callable[[Record, Nemesis], None],
    around: Surroundings = HERE,
) -> Outcome:
    """Run it in an empty folder; progress is called every second."""
    rng = random.Random(plan.seed)
    tasks = _tasks(plan, rng, folder)
    with servers.database() as url:
        await asyncio.to_thread(around.release, url)
        with psycopg.connect(url) as connection:
            connection.execute(NOTED)
        async with open_cluster(
            folder,
            servers,
            url,
            webs=plan.webs,
            workers=plan.workers,
            lease_seconds=plan.lease_seconds,
            max_attempts=MAX_ATTEMPTS,
            altered=plan.altered,
            lasting=plan.lasting,
            place=around.place,
        ) as cluster:
            record = Record()
            nemesis = Nemesis(
                cluster,
                rng,
                plan.lease_seconds,
                plan.pause_seconds,
                plan.jobs_a_fault,
                plan.faults,
                ended=lambda: record.ended,
                known=around.faults,
            )
            before = await _work(plan, around, nemesis, tasks, record, progress)
            after = cluster.taken()
            held = await asyncio.to_thread(held_transactions, url)
            await cluster.end_all(limit_seconds=EXIT_SECONDS)
            ended, swept = await _look(cluster, around, tasks, record, lived(before, after))
            ended = replace(ended, transactions=ended.transactions + held, lasting=2 * plan.lasting)
            return _outcome(ended, nemesis, swept)


async def _work(
    plan: Plan,
    around: Surroundings,
    nemesis: Nemesis,
    tasks: Sequence[Task],
    record: Record,
    progress: Callable[[Record, Nemesis], None],
) -> dict[str, Taken]:
    """What the processes took once they had worked for a while."""
    left, cluster = iter(tasks), nemesis.cluster
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    # A connection is no client's own: which one meets a process that has ended is no matter.
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        async with asyncio.timeout(READY_SECONDS):
            await _until_ready(session, cluster)
        await asyncio.to_thread(around.look, cluster)
        working = [
            asyncio.create_task(
                Client(session, cluster.urls, record, random.Random(nemesis.rng.random())).work(
                    lambda: next(left, None)
                )
            )
            for _ in range(plan.clients)
        ]
        raging = asyncio.create_task(nemesis.rage())
        showing = asyncio.create_task(_show(record, nemesis, progress))
        warm_seconds = min(WARM_SECONDS, plan.work_seconds)
        before = await taken_when_warm(cluster, record, working, seconds=warm_seconds)
        await asyncio.wait(working, timeout=plan.work_seconds - warm_seconds)
        raging.cancel()
        await asyncio.gather(raging, return_exceptions=True)
        done, late = await asyncio.wait(working, timeout=plan.settle_seconds)
        for task in (*late, showing):
            task.cancel()
        await asyncio.gather(*late, showing, return_exceptions=True)
        for task in done:
            task.result()
    return before


async def _until_ready(session: aiohttp.ClientSession, cluster: Cluster) -> None:
    """Each web process, and a worker: what a run has of time is not for starting them."""
    for url in cluster.urls:
        while True:
            try:
                async with session.get(f"{url}/readyz") as response:
                    checks = (await response.json())["checks"]
                    if response.status == 200 and checks["workers"] == "ok":
                        break
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


async def _show(
    record: Record, nemesis: Nemesis, progress: Callable[[Record, Nemesis], None]
) -> None:
    while True:
        progress(record, nemesis)
        await asyncio.sleep(1)


def _tasks(plan: Plan, rng: random.Random, folder: Path) -> list[Task]:
    folder.mkdir(parents=True, exist_ok=True)
    real = text_video(folder / REAL, frames=3).read_bytes()
    return [_task(plan, rng, number, real) for number in range(plan.jobs)]


def _task(plan: Plan, rng: random.Random, number: int, real: bytes) -> Task:
    key = f"{plan.seed}-{number}"
    is_slow = plan.is_slow or rng.randrange(SLOW_EACH) == 0
    seconds = rng.uniform(1, 2) * plan.lease_seconds if is_slow else rng.uniform(0, 0.5)
    script = Script(key, rng.randint(1, 6), round(seconds, 3))
    is_real = not plan.is_slow and number // REAL_IN_A_ROW % REAL_EACH == 0
    return Task(
        key,
        real if is_real else script.encode(),
        None if is_real else script,
        is_deleted=not is_real and rng.randrange(DELETED_EACH) == 0,
        is_sent_twice=rng.randrange(SENT_TWICE_EACH) == 0,
    )


async def _look(
    cluster: Cluster,
    around: Surroundings,
    tasks: Sequence[Task],
    record: Record,
    lived_throughout: Sequence[Lived],
) -> tuple[Ended, int]:
    storage = around.storage(cluster.storage)
    async with open_postgres_jobs(cluster.database_url) as jobs:
        # What killed processes left is due to be swept after half an hour, and here at once.
        swept = await sweep_files(jobs, storage, grace_seconds=0)
    await asyncio.to_thread(_sweep_scratch, cluster)
    await asyncio.to_thread(around.fetch, cluster.storage)
    rows, changes, transactions = read_database(cluster.database_url)
    files = (path for path in cluster.storage.rglob("*") if path.is_file())
    ended = Ended(
        tasks={task.key: task for task in tasks},
        record=record,
        rows=rows,
        changes=changes,
        folder=cluster.storage,
        files=frozenset(str(path.relative_to(cluster.storage)) for path in files),
        strays=cluster.strays(),
        scratch=[str(path) for path in (cluster.folder / "scratch").glob("*/pipeline-*")],
        transactions=transactions,
        lived=lived_throughout,
        pipelines=pipelines(cluster.watched),
        ends=cluster.ends,
        max_attempts=MAX_ATTEMPTS,
        exit_seconds=EXIT_SECONDS,
    )
    return ended, swept


def _sweep_scratch(cluster: Cluster) -> None:
    """As the next worker of this machine would."""
    subprocess.run(
        [sys.executable, "-c", "from worker.process.scratch import sweep; sweep()"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(cluster.folder / "scratch")},
        check=True,
        capture_output=True,
    )


def _outcome(ended: Ended, nemesis: Nemesis, swept: int) -> Outcome:
    return Outcome(
        findings=check(ended),
        happened=nemesis.happened,
        record=ended.record,
        statuses=Counter(row["status"] for row in ended.rows.values()),
        attempts=sum(row["attempt"] for row in ended.rows.values()),
        swept=swept,
        pipelines=ended.pipelines,
    )
