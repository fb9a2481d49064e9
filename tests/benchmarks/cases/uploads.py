"""Uploads: a large one against `cat` and `sync` on the same disk, and many small ones at once."""

import asyncio
import http.client
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.cases.options import Options
from tests.benchmarks.lock import timing
from tests.benchmarks.measure import MEGABYTE, Memory, tree_pss
from tests.benchmarks.pairs import alternate, spread
from tests.benchmarks.programs import Void
from tests.benchmarks.report import Row, at_least, at_most
from tests.benchmarks.systems import open_system, percentile
from tests.system.harness import System
from tests.unit.worker.scripted_child import MAGIC

LARGE_BYTES, SMALL_BYTES = 1024 * MEGABYTE, MEGABYTE
SMALL_ONES = 200
POLL_SECONDS = 0.01
CAT_GOAL, GROWTH_GOAL = at_least(0.5), at_most(64)
RATE_GOAL, STATUS_GOAL = at_least(60), at_most(250)
HEAD = """\
POST /v1/video/submit HTTP/1.1\r
Host: 127.0.0.1\r
Content-Type: video/mp4\r
Content-Length: {}\r
Connection: close\r
\r
"""
ACCEPTED = b"HTTP/1.1 202 "


def large_upload(options: Options) -> Iterator[Row]:
    """Seconds of `cat` and `sync` by those of an upload, and what web grows by meanwhile."""
    growths: list[float] = []
    with timing(), open_system() as (system, _):
        web = system.start_web()
        source, copy = system.folder / "large.mp4", system.folder / "copy.mp4"
        _write_video(source, LARGE_BYTES)

        def upload() -> float:
            before = tree_pss(web.pid)
            with Memory(web.pid) as memory:
                seconds = _upload_file(system, source)
            growths.append((memory.peak - before) / MEGABYTE)
            _remove_videos(system)
            return seconds

        # The first makes the folder and opens the connections.
        upload()
        pairs = alternate(
            upload, lambda: _cat(source, copy), pairs=options.pairs, name="large_upload"
        )
    ratios = spread([cat / ours for ours, cat in pairs])
    runs = [{"ours": ours, "cat": cat} for ours, cat in pairs]
    note = f"{statistics.median(ours for ours, _ in pairs):.1f} s"
    yield Row("large_upload", "1 GB", "of cat + sync", ratios.median, ratios, CAT_GOAL, note, runs)
    yield Row("large_upload", "1 GB", "web grows by, MB", max(growths), goal=GROWTH_GOAL)


def many_uploads(options: Options) -> Iterator[Row]:
    """Videos accepted a second of those sent at once, and how long a status takes meanwhile."""
    rates: list[float] = []
    waits: list[float] = []
    with timing(), open_system() as (system, _):
        system.start_web()
        video = system.folder / "small.mp4"
        _write_video(video, SMALL_BYTES)
        job_id = system.submit(video)
        for _ in range(options.pairs):
            with _polling(system, job_id, waits):
                rates.append(asyncio.run(_upload_all(system, video.read_bytes())))
            _remove_videos(system)
    rate, case = spread(rates), f"{SMALL_ONES} of 1 MB at once"
    yield Row("many_uploads", case, "accepted / s", rate.median, rate, RATE_GOAL)
    slowest = percentile(waits, 99)
    yield Row("many_uploads", case, "status meanwhile, p99, ms", slowest, goal=STATUS_GOAL)


def _write_video(path: Path, size: int) -> None:
    path.write_bytes(MAGIC.ljust(size, b"\0"))


def _remove_videos(system: System) -> None:
    for path in (system.folder / "storage" / "video_jobs").glob("*.mp4"):
        path.unlink()


def _cat(source: Path, copy: Path) -> float:
    began = time.perf_counter()
    subprocess.run(["sh", "-c", 'cat "$1" > "$2" && sync "$2"', "sh", source, copy], check=True)
    seconds = time.perf_counter() - began
    copy.unlink()
    return seconds


def _upload_file(system: System, source: Path) -> float:
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", system.port)) as connection:
        connection.sendall(HEAD.format(source.stat().st_size).encode())
        with source.open("rb") as file:
            connection.sendfile(file)
        _require_accepted(connection.recv(4096))
    return time.perf_counter() - began


async def _upload_all(system: System, video: bytes) -> float:
    """Videos a second, from the first byte of any to the last one's acceptance."""
    began = time.perf_counter()
    await asyncio.gather(*(_upload(system.port, video) for _ in range(SMALL_ONES)))
    return SMALL_ONES / (time.perf_counter() - began)


async def _upload(port: int, video: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD.format(len(video)).encode())
    writer.write(video)
    await writer.drain()
    _require_accepted(await reader.read())
    writer.close()


def _require_accepted(answer: bytes) -> None:
    if not answer.startswith(ACCEPTED):
        raise Void(f"an upload was answered with {answer[:200]!r}")


@contextmanager
def _polling(system: System, job_id: str, waits: list[float]) -> Iterator[None]:
    """Ask for a status again and again, in a thread; what each took, in ms, is added to waits."""
    ended = threading.Event()

    def poll() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", system.port)
        while not ended.wait(POLL_SECONDS):
            began = time.perf_counter()
            connection.request("GET", f"/v1/video/status/{job_id}")
            connection.getresponse().read()
            waits.append((time.perf_counter() - began) * 1000)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
