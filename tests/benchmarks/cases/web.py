"""The web process by itself, and a status among a million rows."""

import http.client
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import psutil
import psycopg

from tests.benchmarks.cases.options import Options
from tests.benchmarks.cases.rows import add_completed, settle
from tests.benchmarks.lock import timing
from tests.benchmarks.measure import MEGABYTE
from tests.benchmarks.report import Row, at_most
from tests.benchmarks.systems import answer_ms, open_system, percentile
from tests.system.harness import System

MODEL_LIBRARIES = ("torch", "cv2", "openvino", "numpy")
RSS_GOAL, READY_GOAL, NONE_GOAL = at_most(100), at_most(1), at_most(0)
FEW_ROWS = 1_000
QUESTIONS = 5_000
STATUS_GOAL, FLAT_GOAL = at_most(20), at_most(1.2)
SOME_IDS = "SELECT job_id FROM jobs ORDER BY random() LIMIT %s"


def web_process(options: Options) -> Iterator[Row]:
    """Seconds from the start to the first good /readyz, memory after it, model libraries in it."""
    seconds, megabytes = [], []
    with timing(), open_system() as (system, _):
        for _ in range(options.pairs):
            began = time.perf_counter()
            web = system.start_web()
            seconds.append(time.perf_counter() - began)
            megabytes.append(psutil.Process(web.pid).memory_info().rss / MEGABYTE)
            loaded = Path(f"/proc/{web.pid}/maps").read_text()
            web.kill()
    found = [name for name in MODEL_LIBRARIES if f"/{name}/" in loaded]
    yield Row("web_process", "started", "s to ready, longest", max(seconds), goal=READY_GOAL)
    yield Row("web_process", "started", "RSS, MB, largest", max(megabytes), goal=RSS_GOAL)
    yield Row(
        "web_process", "started", "model libraries", len(found), goal=NONE_GOAL,
        note=", ".join(found),
    )  # fmt: skip


def status_rows(options: Options) -> Iterator[Row]:
    """A status among a thousand rows and among many, by turns."""
    many = options.rows
    systems = {}
    with timing(), ExitStack() as stack:
        for rows in (FEW_ROWS, many):
            systems[rows], _servers = stack.enter_context(open_system())
            add_completed(systems[rows], rows)
            settle(systems[rows])
            systems[rows].start_web()
        slowest = {rows: percentile(waits, 99) for rows, waits in _waits(systems).items()}
    for rows, milliseconds in slowest.items():
        yield Row("status_rows", f"{rows} rows", "p99, ms", milliseconds, goal=STATUS_GOAL)
    ratio = slowest[many] / slowest[FEW_ROWS]
    yield Row("status_rows", f"{many} rows", f"times {FEW_ROWS}", ratio, goal=FLAT_GOAL)


def _waits(systems: Mapping[int, System]) -> dict[int, list[float]]:
    """Milliseconds of each answer, each system asked over one connection, by turns."""
    asked = {
        rows: (http.client.HTTPConnection("127.0.0.1", system.port), _ids(system))
        for rows, system in systems.items()
    }
    waits: dict[int, list[float]] = {rows: [] for rows in systems}
    for number in range(QUESTIONS):
        for rows, (connection, ids) in asked.items():
            waits[rows].append(answer_ms(connection, f"/v1/video/status/{ids[number % len(ids)]}"))
    return waits


def _ids(system: System) -> list[str]:
    """Some of all ids, in no order."""
    with psycopg.connect(system.database_url) as connection:
        return [str(job_id) for (job_id,) in connection.execute(SOME_IDS, (QUESTIONS,))]
