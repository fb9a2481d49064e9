"""How late the event loops of worker and web come to what is due, while they have much to do."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.benchmarks.cases.options import Options
from tests.benchmarks.cases.slow_clients import read_by_slow_clients, stored_results
from tests.benchmarks.lock import timing
from tests.benchmarks.measure import MEGABYTE
from tests.benchmarks.processes.watched import READY, lag
from tests.benchmarks.report import Row, at_most
from tests.benchmarks.systems import open_system
from tests.system.harness import System
from tests.unit.worker.scripted_child import MAGIC

KIND, STRIDE = "mixed", 5
NOISY_FRAMES = 20_000
DOCUMENT_BYTES, UPLOAD_BYTES = 250 * MEGABYTE, 8 * MEGABYTE
WATCHED = "tests.benchmarks.processes.watched"
WORKER = "worker"
NOISY_WORKER = "tests.benchmarks.processes.idle_worker", "tests.benchmarks.processes.noise_pipeline"
WEB = "service"
P99_GOAL, LONGEST_GOAL = at_most(5), at_most(50)


def loop_lag(options: Options) -> Iterator[Row]:
    """Milliseconds of worker and web; beside them those of an empty loop, at the same time."""

    def analyse(system: System) -> None:
        system.start_web()
        video = options.video(KIND).path
        system.wait_completed(system.submit(video, frame_stride=STRIDE))

    with timing():
        yield from _rows(f"worker, {KIND}, every {STRIDE}", [WORKER], "worker ready", analyse)
        case = f"worker, {NOISY_FRAMES} frames of noise"
        yield from _rows(case, NOISY_WORKER, "worker ready", _find_much)
        yield from _rows("web, slow clients and uploads", [WEB], "web listens", _load_web)


def _rows(
    case: str, program: Sequence[str], ready: str, work: Callable[[System], None]
) -> Iterator[Row]:
    with open_system() as (system, _):
        files = system.folder / "program.lag", system.folder / "empty.lag"
        watched = system.start_module(WATCHED, str(files[0]), *program, ready=ready)
        empty = system.start_module(WATCHED, str(files[1]), ready=READY)
        began = time.monotonic()
        work(system)
        ended = time.monotonic()
        for running in (watched, empty):
            running.end()
        found, beside = (lag(file, since=began, until=ended) for file in files)
    for figure, value, empty_value, goal in (
        ("p99, ms", found.p99_ms, beside.p99_ms, P99_GOAL),
        ("longest, ms", found.longest_ms, beside.longest_ms, LONGEST_GOAL),
    ):
        note = f"{ended - began:.0f} s; an empty loop has {empty_value:.1f}"
        yield Row("loop_lag", case, figure, value, goal=goal, note=note)


def _find_much(system: System) -> None:
    system.start_web()
    empty = system.folder / "empty.mp4"
    empty.write_bytes(MAGIC)
    system.wait_completed(system.submit(empty, max_frames=NOISY_FRAMES))


def _load_web(system: System) -> None:
    video = system.folder / "video.mp4"
    video.write_bytes(MAGIC + bytes(UPLOAD_BYTES))
    job_id, results = stored_results(system, DOCUMENT_BYTES)
    ended = threading.Event()

    def upload() -> None:
        while not ended.is_set():
            system.submit(video)

    def poll() -> None:
        while not ended.wait(0.01):
            system.get(f"/v1/video/status/{job_id}")

    with ThreadPoolExecutor() as threads:
        others = [threads.submit(work) for work in (upload, upload, poll, poll)]
        read_by_slow_clients(system, job_id, results)
        ended.set()
        for other in others:
            other.result()
