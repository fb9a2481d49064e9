"""Peak memory of web and worker on videos of several lengths, in the real system."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.cases.lengths import MEMORY_STRIDE, PIPELINE, lengths, long_video
from tests.benchmarks.cases.options import Options
from tests.benchmarks.measure import MEGABYTE, Memory
from tests.benchmarks.programs import Void
from tests.benchmarks.report import Row, at_most
from tests.benchmarks.systems import open_system

FLAT_GOAL = at_most(1.05)
ENDED = ("completed", "failed")


def service_memory(options: Options) -> Iterator[Row]:
    """Peak of each program's tree by its peak on one minute; every length in a fresh system."""
    firsts: dict[str, int] = {}
    for minutes in lengths(options):
        peaks = _peaks(long_video(options, minutes))
        for name, peak in peaks.items():
            first = firsts.setdefault(name, peak)
            yield Row(
                "service_memory",
                f"{name}, {minutes} min, every {MEMORY_STRIDE}",
                "times one minute's",
                peak / first,
                goal=FLAT_GOAL,
                note=f"{peak / MEGABYTE:.0f} MB",
            )


def _peaks(video: Path) -> dict[str, int]:
    """Bytes of web and worker from the submission until the results have been fetched."""
    with open_system() as (system, _), ExitStack() as stack:
        web, worker = system.start_web(), system.start_module("worker", ready="worker ready")
        memories = {
            name: stack.enter_context(Memory(running.pid))
            for name, running in (("web", web), ("worker", worker))
        }
        job_id = system.submit(video, frame_stride=MEMORY_STRIDE, pipeline_id=PIPELINE)
        while (row := system.row(job_id))["status"] not in ENDED:
            time.sleep(1)
        if row["status"] != "completed":
            raise Void(f"service_memory: {row}")
        system.results(job_id)
        return {name: memory.peak for name, memory in memories.items()}
