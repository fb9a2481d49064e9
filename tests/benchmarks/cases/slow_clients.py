"""Large results read by clients that are slower than web could send."""

import asyncio
import hashlib
import http.client
import random
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

from service.jobs.model import attempt_results_key
from service.jobs.postgres import open_postgres_jobs
from service.storage.base import StoredFile
from service.storage.local import LocalStorage
from tests.benchmarks.cases.options import Options
from tests.benchmarks.measure import MEGABYTE, Memory, tree_pss
from tests.benchmarks.processes.noise_pipeline import noisy_frame
from tests.benchmarks.programs import Void
from tests.benchmarks.report import Row, at_most
from tests.benchmarks.systems import open_system
from tests.system.harness import System
from tests.unit.service.jobs.samples import a_new_job
from worker.pipeline.results.document import closing, encode_frame, join_lines, line_at

CLIENTS = 5
DOCUMENT_BYTES = 500 * MEGABYTE
READ_BYTES = 256 * 1024
BYTES_A_SECOND = 25 * MEGABYTE
GROWTH_GOAL = at_most(64)
SUMMARY = {"video": {}, "classes": {}, "texts": [], "texts_truncated": False, "provenance": {}}


def slow_clients(options: Options) -> Iterator[Row]:
    """How many MB web grows by while five slow clients read 500 MB of results."""
    with open_system() as (system, _):
        web = system.start_web()
        small, _ = stored_results(system, 1)
        _read(system, small)
        job_id, results = stored_results(system, DOCUMENT_BYTES)
        before = tree_pss(web.pid)
        with Memory(web.pid) as memory:
            seconds = read_by_slow_clients(system, job_id, results)
        yield Row(
            "slow_clients",
            f"{CLIENTS} clients, {results.size / MEGABYTE:.0f} MB each",
            "MB that web grows",
            (memory.peak - before) / MEGABYTE,
            goal=GROWTH_GOAL,
            note=f"from {before / MEGABYTE:.0f} MB; {seconds:.0f} s",
        )


def stored_results(system: System, size: int) -> tuple[str, StoredFile]:
    """The id of a completed job and its results of about that size."""
    return asyncio.run(_store(system, size))


def read_by_slow_clients(system: System, job_id: str, results: StoredFile) -> float:
    """Seconds until the last of CLIENTS has all of it; raises Void where that is not the stored."""
    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as threads:
        for read in [threads.submit(_read, system, job_id) for _ in range(CLIENTS)]:
            if read.result() != results.sha256:
                raise Void("slow_clients: a client read something else than what is stored")
    return time.monotonic() - began


async def _store(system: System, size: int) -> tuple[str, StoredFile]:
    storage = LocalStorage(system.folder / "storage")
    async with open_postgres_jobs(system.database_url) as jobs:
        await jobs.insert(a_new_job())
        job = await jobs.claim(owner="benchmark", lease_seconds=600)
        assert job is not None
        stored = await storage.save(attempt_results_key(job.lease), _document(size))
        await jobs.complete(job.lease, stored, summary=SUMMARY)
        return str(job.job_id), stored


async def _document(size: int) -> AsyncIterator[bytes]:
    rng = random.Random(1911)
    lines = join_lines(encode_frame(noisy_frame(rng, number)) for number in range(500))
    batches = max(1, size // len(lines))
    for number in range(batches):
        yield line_at(number, lines)
    yield closing(batches)


def _read(system: System, job_id: str) -> str:
    """The SHA-256 of the document among the members of the response, read slowly."""
    connection = http.client.HTTPConnection("127.0.0.1", system.port, timeout=60)
    connection.request("GET", f"/v1/video/results/{job_id}")
    response = connection.getresponse()
    began, read = time.monotonic(), 0
    digest = hashlib.sha256(b"{")
    chunk = response.read(READ_BYTES)
    chunk = chunk[chunk.index(b'"results"') :]
    while chunk:
        digest.update(chunk)
        read += len(chunk)
        time.sleep(max(0.0, began + read / BYTES_A_SECOND - time.monotonic()))
        chunk = response.read(READ_BYTES)
    connection.close()
    return digest.hexdigest()
