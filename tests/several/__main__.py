"""Machines of a run of their own, and whether anything was lost when they were cut off.

`python -m tests.several --jobs N --seed N`: PostgreSQL, Redis and an S3 server, two machines with
web and four with a worker, one of them to spare; each has a network of its own, and does what the
page "Running it on several machines" says. Prints a line for each invariant, as
`python -m tests.faults.random` does; where one did not hold the folder is kept.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from service.launcher.servers_folder import open_temporary_folder
from tests.faults.history.cluster import WEB as WEB_MODULE
from tests.faults.history.cluster import Cluster, Member
from tests.faults.history.nemesis import FAULTS
from tests.faults.history.run import Outcome, Plan, Surroundings, run
from tests.faults.random import keep, report
from tests.faults.servers import Pair
from tests.s3 import BUCKET, S3Server, running_s3_server
from tests.several import page
from tests.several.links import Links
from tests.several.network import WITHIN_VARIABLE, Machine, make_machines, run_within
from tests.several.servers import open_servers_on

WEBS, WORKERS, SPARE = 2, 3, 1
PREFIX = "several"
NAMES = (
    "postgres",
    "redis",
    "storage",
    *(f"web-{number}" for number in range(WEBS)),
    *(f"worker-{number}" for number in range(WORKERS + SPARE)),
)
# Of the faults of one machine, those that have nothing to do with the network, and are not rare.
OF_PROCESSES = ("worker killed", "worker paused", "child killed", "web killed", "killed at a place")


def main() -> int:
    """Run it; 1 when an invariant did not hold."""
    asked = _asked()
    # What was started is to be ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if WITHIN_VARIABLE not in os.environ:
        return run_within("tests.several", sys.argv[1:])
    machines = dict(zip(NAMES, make_machines(*NAMES), strict=True))
    with (
        open_temporary_folder("several-") as folder,
        open_servers_on(folder / "servers", machines["postgres"], machines["redis"]) as servers,
        running_s3_server(
            folder / "storage.log",
            host=machines["storage"].address,
            prefix=machines["storage"].prefix,
        ) as bucket,
    ):
        began = time.monotonic()
        plan, outcome = _run(asked, servers, bucket, folder / "run", machines)
        lines = report(plan, outcome, seconds=time.monotonic() - began)
        sys.stdout.write("\n".join(["", *lines, ""]))
        if not outcome.holds:
            keep(folder, f"several-seed-{asked.seed}-")
    return int(not outcome.holds)


def _run(
    asked: argparse.Namespace,
    servers: Pair,
    bucket: S3Server,
    folder: Path,
    machines: dict[str, Machine],
) -> tuple[Plan, Outcome]:
    links = Links({machine.address: machine for machine in machines.values()})
    of_links = links.faults(
        database=machines["postgres"].address,
        queue=machines["redis"].address,
        storage=machines["storage"].address,
    )
    plan = Plan(
        asked.seed,
        asked.jobs,
        faults=(*of_links, *OF_PROCESSES),
        lease_seconds=asked.lease_seconds,
        pause_seconds=asked.pause_seconds,
        work_seconds=asked.work_seconds,
        settle_seconds=300,
        clients=asked.clients,
        webs=WEBS,
        workers=WORKERS + SPARE,
        is_slow=asked.slow,
    )

    def given(database_url: str) -> dict[str, str]:
        url = f"s3://{BUCKET}/{PREFIX}"
        return page.variables(database_url, servers.redis.url, url) | bucket.environ

    def release(database_url: str) -> None:
        _type(page.RELEASE, machines["web-0"], given(database_url))

    def place(member: Member, number: int) -> Member:
        kind, block = ("web", page.WEB) if member.module == WEB_MODULE else ("worker", page.WORKER)
        variables = given(member.environ["DATABASE_URL"])
        on = page.placed(member, block, machines[f"{kind}-{number}"], variables)
        return replace(on, is_away=kind == "worker" and number >= WORKERS)

    def look(cluster: Cluster) -> None:
        host = {"WEB_HOST": cluster.webs[0].host}
        _type(page.LOOK, machines["worker-0"], given(cluster.database_url) | host)

    around = Surroundings(
        {**FAULTS, **of_links},
        release,
        place,
        look,
        storage=lambda _: bucket.storage(PREFIX),
        fetch=lambda folder: bucket.fetch(PREFIX, folder),
    )
    return plan, asyncio.run(run(plan, servers, folder, progress=lambda *_: None, around=around))


def _type(block: str, machine: Machine, given: dict[str, str]) -> None:
    environ = page.environ_of(os.environ, given)
    done = subprocess.run(
        page.typed(block, machine), env=environ, check=False, capture_output=True, text=True
    )
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, (block, done.stdout, done.stderr)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--slow", action="store_true", help="no job is shorter than a lease")
    parser.add_argument("--lease-seconds", type=float, default=Plan.lease_seconds)
    parser.add_argument("--pause-seconds", type=float, default=4.0)
    parser.add_argument("--work-seconds", type=float, default=Plan.work_seconds)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
