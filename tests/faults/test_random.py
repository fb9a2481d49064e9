"""The run of random faults, in short, and that it can fail."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.history.run import Outcome, Plan, run
from tests.faults.random import report
from tests.faults.servers import Pair

# A program that is wrong, the fault that shows it, and what then does not hold, among others.
ALTERED = {
    "no fence": ("worker paused", "one committed result each"),
    "shown before durable": ("redis emptied", "no answer that must not be"),
    "no recovery": ("worker killed", "each 202 ended completed or failed"),
}
# What a program that is right needs for the jobs that are left when the last worker was killed.
SETTLES_SECONDS = {"no recovery": 30}


async def outcome_of(plan: Plan, servers: Pair, folder: Path) -> Outcome:
    outcome = await run(plan, servers, folder, progress=lambda *_: None)
    sys.stdout.write("\n".join(report(plan, outcome, seconds=0)))
    return outcome


@pytest.mark.timeout(900)
async def test_a_short_run_of_random_faults_loses_nothing(
    own_servers: Pair, tmp_path: Path
) -> None:
    """P1, P2, P6, P9: as `python -m tests.faults.random` looks at it."""
    # However slow the machine is; whoever is done earlier does not wait.
    plan = Plan(
        seed=7, jobs=20, work_seconds=8, pause_seconds=0.8, jobs_a_fault=0, settle_seconds=300
    )
    outcome = await outcome_of(plan, own_servers, tmp_path / "run")

    assert [(found.name, found.broken) for found in outcome.findings if found.broken] == []
    assert outcome.record.ended == plan.jobs
    assert outcome.statuses["completed"] > plan.jobs / 2
    assert outcome.happened.total() > 3


@pytest.mark.timeout(900)
@pytest.mark.parametrize("altered", ALTERED)
async def test_a_wrong_program_does_not_hold(
    own_servers: Pair, tmp_path: Path, altered: str
) -> None:
    """A machine that is too slow to get there with a few jobs is given more."""
    fault, breaks = ALTERED[altered]
    found: list[str] = []
    for jobs in (6, 24, 96):
        plan = altered_plan(altered, fault, jobs)
        outcome = await outcome_of(plan, own_servers, tmp_path / f"{jobs}")
        found = [finding.name for finding in outcome.findings if finding.broken]
        if breaks in found:
            break

    assert breaks in found
    if altered in SETTLES_SECONDS:
        right = replace(plan, altered=None)
        outcome = await outcome_of(right, own_servers, tmp_path / "right")
        assert [finding.broken for finding in outcome.findings if finding.broken] == []


def altered_plan(altered: str, fault: str, jobs: int) -> Plan:
    return Plan(
        seed=1,
        jobs=jobs,
        faults=[fault],
        lease_seconds=1,
        pause_seconds=0.8,
        jobs_a_fault=0,
        work_seconds=jobs,
        settle_seconds=SETTLES_SECONDS.get(altered, 2),
        clients=6,
        webs=1,
        workers=2,
        altered=altered,
        is_slow=True,
    )
