"""Instant repeats: from the claim of a job to its completion with what is stored already."""

import hashlib
import statistics
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.benchmarks.cases.options import Options
from tests.benchmarks.jobs import HISTORY
from tests.benchmarks.lock import timing
from tests.benchmarks.measure import MEGABYTE
from tests.benchmarks.programs import Void
from tests.benchmarks.report import Row, at_most
from tests.benchmarks.systems import open_system
from tests.system.harness import System

KIND, STRIDE = "mixed", 25
REPEATS = 20
# Far more than an hour at a frame a second gives, and as many texts as a summary lists.
LARGE_BYTES, TEXTS = 64 * MEGABYTE, 10_000
GOAL = at_most(1)
SECONDS = """
SELECT extract(epoch FROM max(at) - min(at))::float
FROM moves
WHERE job_id = ANY(%s)
GROUP BY job_id
"""
MANY_TEXTS = """
INSERT INTO job_texts (job_id, position, text, class_name, first_ms, last_ms, confidence,
                       detections, frames)
SELECT %s, n, lpad(n::text, 40, '0'), 'text', n, n + 40, 0.9, 2, 2
FROM generate_series(0, %s - 1) AS n
"""


def repeats(options: Options) -> Iterator[Row]:
    """Seconds from claim to completion of a video that was analysed before."""
    made = options.video(KIND)
    with timing(), open_system(repeats="on") as (system, _):
        with psycopg.connect(system.database_url) as connection:
            connection.execute(HISTORY)
        system.start_web()
        system.start_module("worker", ready="worker ready")
        first = system.submit(made.path, frame_stride=STRIDE)
        (analysed,) = _seconds(system, [first])
        yield from _rows(f"{options.seconds} s of video", _repeated(system, made.path))
        _enlarge(system, system.row(first))
        case = f"{LARGE_BYTES // MEGABYTE} MB, {TEXTS} texts"
        yield from _rows(case, _repeated(system, made.path))
        yield Row("repeats", f"{options.seconds} s of video", "analysed, s", analysed)


def _rows(case: str, seconds: list[float]) -> Iterator[Row]:
    yield Row("repeats", case, "claim → completed, median, s", statistics.median(seconds))
    yield Row("repeats", case, "claim → completed, longest, s", max(seconds), goal=GOAL)


def _repeated(system: System, video: Path) -> list[float]:
    job_ids = [system.submit(video, frame_stride=STRIDE) for _ in range(REPEATS)]
    seconds = _seconds(system, job_ids)
    # Repeats share what is stored; an analysis writes a file of its own.
    paths = [system.folder / "storage" / system.row(job_id)["output_path"] for job_id in job_ids]
    if len({path.stat().st_ino for path in paths}) > 1:
        raise Void("repeats: a video was analysed again")
    return seconds


def _seconds(system: System, job_ids: list[str]) -> list[float]:
    for job_id in job_ids:
        system.wait_completed(job_id)
    with psycopg.connect(system.database_url) as connection:
        return [seconds for (seconds,) in connection.execute(SECONDS, (job_ids,))]


def _enlarge(system: System, row: dict[str, object]) -> None:
    """Make this job the newest, and what it found large."""
    path, content = system.folder / "storage" / str(row["output_path"]), bytes(LARGE_BYTES)
    # Its other names keep what they show.
    path.unlink()
    path.write_bytes(content)
    with psycopg.connect(system.database_url) as connection:
        connection.execute("DELETE FROM job_texts WHERE job_id = %s", (row["job_id"],))
        connection.execute(MANY_TEXTS, (row["job_id"], TEXTS))
        connection.execute(
            "UPDATE jobs SET output_bytes = %s, output_sha256 = %s, created_at = now() "
            "WHERE job_id = %s",
            (LARGE_BYTES, hashlib.sha256(content).hexdigest(), row["job_id"]),
        )
