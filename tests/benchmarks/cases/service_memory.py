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
from tests.benchmarks.videos.scene import RATE
from tests.system.harness import System
from tests.unit.worker.scripted_child import MAGIC

FLAT_GOAL = at_most(1.05)
ENDED = ("completed", "failed")
NOISE_STRIDE = 5
# Without its pipeline it is so small that a summary of 10,000 texts, the most, shows: no goal.
ALONE = "worker alone"
NOISY_WORKER = "tests.benchmarks.processes.idle_worker", "tests.benchmarks.processes.noise_pipeline"


def service_memory(options: Options) -> Iterator[Row]:
    """Each program's peak by its peak on one minute; every length in a fresh system.

    The worker's is with its pipeline's on videos, and without it on noise, of which every frame
    says something new.
    """
    firsts: dict[str, int] = {}
    for minutes in lengths(options):
        videos = _on_video(long_video(options, minutes)), f"every {MEMORY_STRIDE}"
        noise = _on_noise(minutes), f"every {NOISE_STRIDE} of noise"
        for memories, case in (videos, noise):
            for name, memory in memories.items():
                peak = memory.peak_own
                first = firsts.setdefault(f"{name} {case}", peak)
                yield Row(
                    "service_memory",
                    f"{name}, {minutes} min, {case}",
                    "times one minute's",
                    peak / first,
                    goal=None if name == ALONE else FLAT_GOAL,
                    note=f"{peak / MEGABYTE:.0f} MB, PSS {memory.peak / MEGABYTE:.0f} MB",
                )


def _on_video(video: Path) -> dict[str, Memory]:
    with open_system() as (system, _):
        web, worker = system.start_web(), system.start_module("worker", ready="worker ready")
        memories = {"web": Memory(web.pid), "worker": Memory(worker.pid)}
        return _sampled(system, memories, video, frame_stride=MEMORY_STRIDE, pipeline_id=PIPELINE)


def _on_noise(minutes: int) -> dict[str, Memory]:
    with open_system() as (system, _):
        web, worker = system.start_web(), system.start_module(*NOISY_WORKER, ready="worker ready")
        memories = {"web": Memory(web.pid), ALONE: Memory(worker.pid, alone=True)}
        video = system.folder / "empty.mp4"
        video.write_bytes(MAGIC)
        frames = minutes * 60 * RATE // NOISE_STRIDE
        return _sampled(system, memories, video, frame_stride=NOISE_STRIDE, max_frames=frames)


def _sampled(
    system: System, memories: dict[str, Memory], video: Path, **options: object
) -> dict[str, Memory]:
    """Of what each held from the submission until the results have been fetched."""
    with ExitStack() as stack:
        for memory in memories.values():
            stack.enter_context(memory)
        job_id = system.submit(video, **options)
        while (row := system.row(job_id))["status"] not in ENDED:
            time.sleep(1)
        if row["status"] != "completed":
            raise Void(f"service_memory: {row}")
        system.results(job_id)
    return memories
