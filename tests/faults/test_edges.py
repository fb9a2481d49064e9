"""A job whose pipeline process is killed at every edge of its segments, one after the other."""

import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import Settings
from service.jobs.model import Job, Status
from service.storage.base import StoredFile
from tests.data.videos import text_video
from tests.faults.processes.edges import BEFORE
from tests.unit.worker.conftest import LIMITS, Bench, bench
from worker.pipeline.run import BATCH_FRAMES
from worker.process.executor import PipelineExecutor, open_executor
from worker.process.spawn import Program

__all__ = ["bench"]

# The last is the video's own end: after it there is nothing left to analyse.
EDGES = 3


@pytest.fixture
def settings() -> Settings:
    """Nothing is repeated, and nobody gives up."""
    return Settings(
        database_url="postgresql://nowhere/none",
        redis_url="redis://nowhere",
        repeats="off",
        max_attempts=3 * EDGES,
    )


@pytest.fixture
async def executor(settings: Settings, tmp_path: Path) -> AsyncIterator[PipelineExecutor]:
    command = (sys.executable, "-m", "tests.faults.processes.edges", str(tmp_path / "turn"))
    limits = replace(LIMITS, stall_seconds=250)
    async with open_executor(settings, program=Program(command), limits=limits) as opened:
        yield opened


async def run_to_its_end(bench: Bench, source: StoredFile) -> Job:
    """The job of a video once it is completed."""
    job = await bench.submit("", source=source)
    while (await bench.again(job)).status is Status.PENDING:
        await bench.run_next()
    return await bench.again(job)


async def test_a_job_killed_at_every_edge_of_its_segments_gives_the_same_bytes(
    bench: Bench, tmp_path: Path
) -> None:
    """P1, WRK-4: what is not durable is done again, and nothing else."""
    video = text_video(tmp_path / "video.mp4", frames=(EDGES - 1) * BATCH_FRAMES + 1)
    source = await bench.storage.save("video_jobs/real.mp4", once(video.read_bytes()))
    undisturbed = await run_to_its_end(bench, source)
    (tmp_path / "turn").write_text(BEFORE)
    killed = await run_to_its_end(bench, source)

    assert (undisturbed.status, undisturbed.attempt) == (Status.COMPLETED, 1)
    assert (await bench.jobs.summary(undisturbed.job_id))["texts"]
    # One begins each segment, one comes to its end, and the last finds them all.
    assert (killed.status, killed.attempt) == (Status.COMPLETED, 2 * EDGES + 1)
    assert killed.output_sha256 == undisturbed.output_sha256
    assert await bench.jobs.summary(killed.job_id) == await bench.jobs.summary(undisturbed.job_id)


async def once(content: bytes) -> AsyncIterator[bytes]:
    yield content
