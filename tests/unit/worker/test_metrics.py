"""What a worker counts, over the real loop and a scripted pipeline process."""

import asyncio
import signal
from dataclasses import replace

import pytest

from service.errors import LeaseLost
from service.jobs.memory import MemoryJobs
from service.jobs.model import Status
from tests.unit.worker.conftest import LIMITS
from tests.unit.worker.scripted_child import SCRIPTED
from tests.waiting import until
from worker.claim_loop import ClaimLoop
from worker.metrics import WorkerMetrics
from worker.process.executor import open_executor


def value(metrics: WorkerMetrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"forgesyte_{name}_total", labels) or 0.0


def ended(metrics: WorkerMetrics, outcome: str, error_code: str = "") -> float:
    return value(metrics, "attempts_ended", outcome=outcome, error_code=error_code)


@pytest.mark.parametrize(
    ("video", "outcome", "code"),
    [
        ("good", "completed", ""),
        ("corrupt", "failed", "corrupt_video"),
        ("crash", "crashed", "pipeline_crashed"),
    ],
)
async def test_an_attempt_is_counted_by_how_it_ended(bench, video, outcome, code):
    await bench.submit(video)
    await bench.run_next()
    metrics = bench.runner.metrics

    assert value(metrics, "attempts_begun") == 1
    assert ended(metrics, outcome, code) == 1


class LostJobs(MemoryJobs):
    """Jobs that are another's when they are to be completed."""

    async def complete(self, lease, results, *, summary):
        raise LeaseLost("another worker's")


async def test_a_fenced_write_is_counted(bench):
    """P2."""
    lost = bench.with_jobs(LostJobs(bench.clock))
    await lost.submit("good")
    await lost.run_next()

    assert ended(lost.runner.metrics, "lease_lost") == 1
    assert ended(lost.runner.metrics, "completed") == 0


async def test_only_what_nobody_called_for_is_found_by_the_idle_poll(bench):
    """P4."""
    loop = ClaimLoop(bench.jobs, bench.runner, idle_seconds=0.05)
    first = await bench.submit("good")
    task = asyncio.create_task(loop.run())

    async def is_completed(job) -> bool:
        return (await bench.again(job)).status is Status.COMPLETED

    await until(lambda: is_completed(first))
    before = value(bench.runner.metrics, "idle_poll_claims")
    second = await bench.submit("good")
    await until(lambda: is_completed(second))
    loop.stop()
    await task

    assert (before, value(bench.runner.metrics, "idle_poll_claims")) == (0, 1)


@pytest.mark.parametrize(("video", "how"), [("crash", "SIGSEGV"), ("leave", "exit")])
async def test_frames_and_the_end_of_a_process_are_counted(bench, settings, video, how):
    metrics = WorkerMetrics()
    async with open_executor(
        settings, program=SCRIPTED, limits=LIMITS, metrics=metrics
    ) as executor:
        runner = replace(bench.runner, executor=executor)
        for each in ("good", video):
            await bench.submit(each)
            await runner.run(await bench.claim())

    assert value(metrics, "frames_analysed") > 0
    assert value(metrics, "pipeline_exits", how=how) == 1


def test_stages_that_no_pipeline_has_are_not_shown():
    """A label is never what a process says that has opened a stranger's video."""
    metrics = WorkerMetrics()
    metrics.stages_worked({"decode": 1.5, "detect": 2.0, "read": 0.5, "<script>": 9.0})

    assert value(metrics, "stage_seconds", stage="decode") == 1.5
    assert value(metrics, "stage_seconds", stage="read") == 0.5
    assert value(metrics, "stage_seconds", stage="<script>") == 0


@pytest.mark.parametrize(
    ("returncode", "how"), [(-signal.SIGKILL, "SIGKILL"), (-40, "exit"), (3, "exit")]
)
def test_a_process_ends_by_a_signal_or_otherwise(returncode, how):
    metrics = WorkerMetrics()
    metrics.pipeline_exited(returncode)

    assert value(metrics, "pipeline_exits", how=how) == 1
