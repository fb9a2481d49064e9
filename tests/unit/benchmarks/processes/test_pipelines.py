"""What the benchmarks run in place of the pipeline speaks as the pipeline does."""

from pathlib import Path

from config.settings import Settings
from tests.benchmarks.idle_worker import PROGRAM
from tests.unit.worker.conftest import LIMITS
from worker.process.executor import open_executor
from worker.process.protocol import Request


async def test_the_pipeline_of_the_benchmarks_finds_nothing_in_one_frame(
    settings: Settings, tmp_path: Path
) -> None:
    request = Request(path=str(tmp_path / "video.mp4"), pipeline_id="yolo_ocr")
    async with open_executor(settings, program=PROGRAM, limits=LIMITS) as executor:
        _, summary = [message async for message in executor.analyse(request)]

    assert summary.document["texts"] == []
