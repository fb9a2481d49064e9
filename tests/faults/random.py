"""Random faults, and whether anything was lost: `python -m tests.faults.random --seed N --jobs M`.

Several web and worker processes on a PostgreSQL and a Redis of their own, killed, paused and
restarted while clients submit, follow, read and delete. Prints a line for each invariant with how
often it was looked at; exit status 1 when one did not hold, and then the run's folder is kept.
"""

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from service.launcher.servers_folder import open_temporary_folder
from tests.faults.history.clients import Record
from tests.faults.history.nemesis import FAULTS, Nemesis
from tests.faults.history.run import Outcome, Plan, run
from tests.faults.processes.steps import ALTERED
from tests.faults.servers import open_servers

# Of the web processes, and of the workers: no fault ends them, and they must not grow.
LASTING = 1
# Of what broke an invariant; the number tells of the rest.
SHOWN = 5


def main() -> int:
    """Run the seeds that are asked for, one after the other."""
    asked = _asked()
    # What was started is to be ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    is_broken = False
    with open_temporary_folder("faults-") as folder, open_servers(folder / "servers") as servers:
        for seed in range(asked.seed, (asked.until or asked.seed) + 1):
            plan = Plan(
                seed,
                asked.jobs,
                faults=asked.faults,
                lease_seconds=asked.lease_seconds,
                webs=Plan.webs + LASTING,
                workers=asked.workers,
                lasting=LASTING,
                altered=asked.altered,
            )
            began, place = time.monotonic(), folder / f"seed-{seed}"
            outcome = asyncio.run(run(plan, servers, place, progress=_progress(plan)))
            seconds = time.monotonic() - began
            sys.stdout.write("\n".join(["", *report(plan, outcome, seconds=seconds), ""]))
            if not outcome.holds:
                is_broken = True
                keep(place, f"faults-seed-{seed}-")
            sys.stdout.flush()
    return int(is_broken)


def report(plan: Plan, outcome: Outcome, *, seconds: float) -> Iterator[str]:
    """A line for the run, one for its faults, and one for each invariant."""
    statuses = ", ".join(f"{count} {status}" for status, count in sorted(outcome.statuses.items()))
    yield (
        f"seed {plan.seed}: {plan.jobs} jobs, {statuses}, {outcome.attempts} attempts, "
        f"{len(outcome.record.deleted)} deleted, {outcome.swept} files swept, "
        f"{outcome.happened.total()} faults, {seconds:.0f} s"
    )
    yield "  " + ", ".join(f"{name} {count}" for name, count in sorted(outcome.happened.items()))
    if outcome.pipelines:
        videos = ", ".join(str(one.videos) for one in outcome.pipelines)
        yield f"  pipeline processes of the worker that lasts, by their videos: {videos}"
    for finding in outcome.findings:
        word = f"BROKEN {len(finding.broken)}" if finding.broken else "holds"
        yield f"  {finding.name:<52} {finding.checked:>7} looked at  {word}"
        yield from (f"    {told}" for told in finding.broken[:SHOWN])


def keep(place: Path, prefix: str) -> None:
    """Copy a run's folder to where nobody deletes it, and say where that is."""
    kept = tempfile.mkdtemp(prefix=prefix)
    shutil.copytree(place, kept, dirs_exist_ok=True)
    sys.stdout.write(f"  kept: {kept}\n")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=int, help="the last seed; one alone unless told")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=Plan.workers)
    parser.add_argument("--lease-seconds", type=float, default=Plan.lease_seconds)
    parser.add_argument("--faults", nargs="+", choices=FAULTS, default=list(FAULTS))
    parser.add_argument("--altered", choices=ALTERED, help="a program that is wrong on purpose")
    return parser.parse_args()


def _progress(plan: Plan) -> Callable[[Record, Nemesis], None]:
    def show(record: Record, nemesis: Nemesis) -> None:
        happened = f"{record.ended} of {plan.jobs} jobs, {nemesis.happened.total()} faults"
        sys.stderr.write(f"\rseed {plan.seed}: {happened} ")

    return show


if __name__ == "__main__":
    sys.exit(main())
