"""Rolling restarts under load: `python -m tests.faults.rolling --rounds 10`.

Web and worker processes are replaced one after the other, as a deploy does, while clients submit.
Prints what came of it; exit status 1 when a submission was not answered, a job did not complete, an
attempt counted as crashed, or a process did not end in time.
"""

import argparse
import asyncio
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import aiohttp
import psycopg

from service.jobs.migrate import migrate
from service.jobs.model import TERMINAL, Status
from service.launcher.servers_folder import open_temporary_folder
from tests.faults.history.cluster import Cluster, Member, open_cluster
from tests.faults.history.invariants import NOTED, read_database
from tests.faults.history.nemesis import EXIT_SECONDS
from tests.faults.processes.pipeline import Script
from tests.faults.servers import Pair, open_servers
from tests.system.harness import JOB_SECONDS, READY_SECONDS
from tests.waiting import until

LEASE_SECONDS = 5.0
CLIENTS = 6
SLOW_EACH, SLOW_SECONDS = 10, 4.0


@dataclass
class Rolled:
    """What clients saw, what became of their jobs, and how the processes ended."""

    replaced: int = 0
    answers: list[int] = field(default_factory=list)
    # Connections that a process closed as it ended, before it had read the request: such a one is
    # sent again under its Idempotency-Key.
    cut: int = 0
    unanswered: int = 0
    statuses: dict[str, str] = field(default_factory=dict)
    crashed: int = 0
    interrupted: int = 0
    ends: list[tuple[float, int]] = field(default_factory=list)

    def broken(self) -> Iterator[str]:
        """What does not hold, one text each."""
        if self.unanswered:
            yield f"{self.unanswered} submissions had no answer"
        yield from (f"a submission got {answer}" for answer in self.answers if answer != 202)
        for job_id, status in self.statuses.items():
            if status != Status.COMPLETED:
                yield f"{job_id}: {status}"
        if self.crashed:
            yield f"{self.crashed} attempts were counted as crashed"
        for seconds, status in self.ends:
            if status or seconds > EXIT_SECONDS:
                yield f"a process ended with {status}, {seconds:.1f} s after SIGTERM"

    def report(self) -> str:
        """All of it in a line."""
        slowest = max((seconds for seconds, _ in self.ends), default=0.0)
        return (
            f"{self.replaced} processes replaced, {len(self.answers)} submissions, "
            f"{self.answers.count(202)} answered by 202, {self.cut} sent again, "
            f"{list(self.statuses.values()).count(Status.COMPLETED)} of {len(self.statuses)} jobs "
            f"completed, {self.interrupted} attempts interrupted, {self.crashed} crashed, "
            f"a process gone {slowest:.1f} s after SIGTERM at most"
        )


def main() -> int:
    """Replace every process as often as is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--webs", type=int, default=2)
    parser.add_argument("--workers", type=int, default=3)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with open_temporary_folder("rolling-") as folder, open_servers(folder / "servers") as servers:
        began = time.monotonic()
        rolled = asyncio.run(
            roll(
                servers,
                folder / "system",
                rounds=asked.rounds,
                webs=asked.webs,
                workers=asked.workers,
            )
        )
    sys.stdout.write(f"{rolled.report()}, {time.monotonic() - began:.0f} s\n")
    broken = list(rolled.broken())
    sys.stdout.writelines(f"  {told}\n" for told in broken)
    return int(bool(broken))


async def roll(servers: Pair, folder: Path, *, rounds: int, webs: int, workers: int) -> Rolled:
    """Replace every process so often, one after the other, in a system of its own."""
    folder.mkdir()
    rolled = Rolled()
    with servers.database() as url:
        migrate(url)
        with psycopg.connect(url) as connection:
            connection.execute(NOTED)
        async with (
            open_cluster(
                folder,
                servers,
                url,
                webs=webs,
                workers=workers,
                lease_seconds=LEASE_SECONDS,
                max_attempts=1,
            ) as cluster,
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
        ):
            for member in (*cluster.webs, *cluster.workers):
                await _until_ready(session, member)
            over = asyncio.Event()
            async with asyncio.TaskGroup() as clients:
                for number in range(CLIENTS):
                    clients.create_task(_submit_until(over, session, cluster, rolled, number))
                for _ in range(rounds):
                    for member in (*cluster.webs, *cluster.workers):
                        await _replace(session, cluster, member)
                        rolled.replaced += 1
                over.set()
            rolled.ends = cluster.ends
        _read(url, rolled)
    return rolled


async def _replace(session: aiohttp.ClientSession, cluster: Cluster, member: Member) -> None:
    starts = member.starts
    await cluster.end(member, limit_seconds=EXIT_SECONDS)
    await until(lambda: member.starts > starts, seconds=READY_SECONDS)
    await _until_ready(session, member)


async def _until_ready(session: aiohttp.ClientSession, member: Member) -> None:
    """Web takes submissions; a worker has loaded what it needs, and said so since its start."""

    async def answers() -> bool:
        try:
            async with session.get(f"http://127.0.0.1:{member.environ['PORT']}/livez") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    def has_said_so() -> bool:
        return member.log.exists() and member.log.read_text().count("worker ready") >= member.starts

    await until(answers if "PORT" in member.environ else has_said_so, seconds=READY_SECONDS)


async def _submit_until(
    over: asyncio.Event,
    session: aiohttp.ClientSession,
    cluster: Cluster,
    rolled: Rolled,
    number: int,
) -> None:
    rng = random.Random(number)
    while not over.is_set():
        seconds = SLOW_SECONDS if rng.randrange(SLOW_EACH) == 0 else rng.uniform(0, 0.5)
        script = Script(f"{number}-{rng.random()}", rng.randint(1, 6), seconds)
        job_id = await _submit(session, rng.sample(cluster.urls, len(cluster.urls)), rolled, script)
        if job_id:
            await until(partial(_has_ended, session, cluster.urls, job_id), seconds=JOB_SECONDS)


async def _submit(
    session: aiohttp.ClientSession, urls: list[str], rolled: Rolled, script: Script
) -> str | None:
    """To another where nobody listens, or nobody answers."""
    headers = {"Content-Type": "video/mp4", "Idempotency-Key": script.name}
    for url in (*urls, *urls):
        try:
            async with session.post(
                f"{url}/v1/video/submit", data=script.encode(), headers=headers
            ) as answer:
                rolled.answers.append(answer.status)
                return str((await answer.json())["job_id"]) if answer.status == 202 else None
        except aiohttp.ClientConnectorError:
            continue
        except aiohttp.ClientError:
            rolled.cut += 1
    rolled.unanswered += 1
    return None


async def _has_ended(session: aiohttp.ClientSession, urls: list[str], job_id: str) -> bool:
    for url in urls:
        try:
            async with session.get(f"{url}/v1/video/status/{job_id}") as answer:
                return (await answer.json())["status"] in TERMINAL
        except aiohttp.ClientError:
            continue
    return False


def _read(url: str, rolled: Rolled) -> None:
    rows, _, _ = read_database(url)
    rolled.statuses = {job_id: row["status"] for job_id, row in rows.items()}
    rolled.interrupted = sum(row["interruptions"] for row in rows.values())
    rolled.crashed = sum(
        row["attempt"] - row["interruptions"] - (row["status"] == Status.COMPLETED)
        for row in rows.values()
    )


if __name__ == "__main__":
    sys.exit(main())
