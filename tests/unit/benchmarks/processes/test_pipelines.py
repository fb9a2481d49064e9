"""What the benchmarks run in place of the pipeline speaks as the pipeline does."""

import sys
from pathlib import Path

import pytest

from config.settings import Settings
from tests.benchmarks.processes.idle_worker import PROGRAM
from tests.benchmarks.processes.noise_pipeline import LINES
from tests.unit.worker.conftest import LIMITS
from tests.unit.worker.scripted_child import frames_in
from worker.process.executor import open_executor
from worker.process.protocol import Request
from worker.process.spawn import Program

SETTINGS = Settings(database_url="postgresql://nowhere/none", redis_url="redis://nowhere")
NOISY_PROGRAM = Program((sys.executable, "-m", "tests.benchmarks.processes.noise_pipeline"))


@pytest.mark.parametrize(
    ("program", "frames", "texts"), [(PROGRAM, 1, 0), (NOISY_PROGRAM, 3, 3 * LINES)]
)
async def test_the_pipelines_of_the_benchmarks_find_what_they_say(
    tmp_path: Path, program: Program, frames: int, texts: int
) -> None:
    request = Request(path=str(tmp_path / "video.mp4"), pipeline_id="yolo_ocr", max_frames=3)
    async with open_executor(SETTINGS, program=program, limits=LIMITS) as executor:
        *batches, summary = [message async for message in executor.analyse(request)]

    assert sum(len(frames_in(batch)) for batch in batches) == frames
    assert len(summary.document["texts"]) == texts
