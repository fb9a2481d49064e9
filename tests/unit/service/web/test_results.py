import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from config.failures import FailureCode
from service.jobs.memory import MemoryJobs
from service.storage.base import OpenFile
from service.storage.local import LocalStorage
from service.web.verified import SETTLED_SECONDS, VerifiedFiles
from tests.exhausted import no_descriptor_left
from tests.unit.service.conftest import Serve
from tests.unit.service.web.samples import DOCUMENT, completed, failed, problem, running, submitted
from tests.waiting import until

EMPTY = b'{"results": []}'
LONG = b'{"results": [\n' + b",\n".join([b'{"frame_index": 0}'] * 200_000) + b"\n]}"

# More than any socket takes while nobody reads.
ENDLESS = b'{"results": [' + b" " * 2**26 + b"]}"


@pytest.fixture
async def settled(serve: Serve) -> TestClient:
    """A web to which every file that is there has long been as it is."""
    later = VerifiedFiles(clock=lambda: time.time() + 2 * SETTLED_SECONDS)
    return await serve(verified_files=later)


def bytes_read() -> int:
    """What this process has read from files so far (proc(5), io)."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["rchar"])


class WatchedStorage(LocalStorage):
    """A storage that knows how many of its files are in use."""

    open_files = 0

    @asynccontextmanager
    async def open_file(self, key: str) -> AsyncIterator[OpenFile]:
        async with super().open_file(key) as file:
            self.open_files += 1
            try:
                yield file
            finally:
                self.open_files -= 1


@pytest.mark.parametrize("prefix", ["/v1/video", "/video"])
@pytest.mark.parametrize("document", [DOCUMENT, EMPTY, LONG], ids=["one", "none", "many"])
async def test_results_stand_once_beside_their_job(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage, prefix: str, document: bytes
) -> None:
    """API-4, API-5; failure 4: results came nested twice."""
    job = await completed(client, jobs, storage, document)
    answer = await client.get(f"{prefix}/results/{job.job_id}")

    told = await answer.json()
    assert answer.status == 200
    assert told.keys() == {"job_id", "results", "created_at", "updated_at"}
    assert told["job_id"] == str(job.job_id)
    assert told["results"] == json.loads(document)["results"]


async def test_what_storage_saved_is_what_results_find(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage, folder: Path
) -> None:
    """Failure 3: the base directory stood in front twice, and completed jobs answered 404."""
    job = await completed(client, jobs, storage)
    answer = await client.get(f"/v1/video/results/{job.job_id}")

    assert answer.status == 200
    assert (folder / str(job.output_path)).read_bytes() == DOCUMENT


async def test_the_length_is_sent_beforehand(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    job = await completed(client, jobs, storage)
    url = f"/v1/video/results/{job.job_id}"
    head, answer = await client.head(url), await client.get(url)

    length = len(await answer.read())
    assert (head.status, await head.read()) == (200, b"")
    assert int(head.headers["Content-Length"]) == length
    assert int(answer.headers["Content-Length"]) == length


async def test_results_a_client_has_are_not_sent_again(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    job = await completed(client, jobs, storage)
    url = f"/v1/video/results/{job.job_id}"
    tag = (await client.get(url)).headers["ETag"]
    again = await client.get(url, headers={"If-None-Match": tag})

    assert tag == f'"{job.output_sha256}"'
    assert (again.status, await again.read()) == (304, b"")


async def test_a_part_of_the_results_is_never_sent(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    job = await completed(client, jobs, storage)
    ranged = await client.get(f"/v1/video/results/{job.job_id}", headers={"Range": "bytes=0-9"})

    assert (ranged.status, ranged.headers["Accept-Ranges"]) == (200, "none")


async def test_a_pending_job_has_no_results_yet(client: TestClient) -> None:
    """API-4"""
    answer = await client.get(f"/v1/video/results/{await submitted(client)}")

    assert await problem(answer) == (404, "job_not_completed")


async def test_a_running_job_has_no_results_yet(client: TestClient, jobs: MemoryJobs) -> None:
    """API-4"""
    job = await running(client, jobs)
    answer = await client.get(f"/v1/video/results/{job.job_id}")

    assert await problem(answer) == (404, "job_not_completed")


async def test_a_failed_job_says_why_it_has_no_results(
    client: TestClient, jobs: MemoryJobs
) -> None:
    """API-4; failure 9: error_message was stored and never shown."""
    job = await failed(client, jobs, FailureCode.NO_FRAMES, "the video has no picture")
    answer = await client.get(f"/v1/video/results/{job.job_id}")

    detail = (await answer.json())["detail"]
    assert await problem(answer) == (404, "job_not_completed")
    assert "no_frames" in detail
    assert "the video has no picture" in detail


@pytest.mark.parametrize("harm", ["gone", "shorter", "longer", "one bit", "empty"])
async def test_harmed_results_are_lost_and_never_sent(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage, folder: Path, harm: str
) -> None:
    job = await completed(client, jobs, storage)
    path = folder / str(job.output_path)
    harmed = {
        "shorter": DOCUMENT[:-1],
        "longer": DOCUMENT + b" ",
        "one bit": DOCUMENT.replace(b"NORTH", b"NORTI"),
        "empty": b"",
    }
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(harmed[harm])
    answer = await client.get(f"/v1/video/results/{job.job_id}")

    assert await problem(answer) == (410, "results_lost")
    assert str(job.output_path) not in await answer.text()


async def test_results_that_were_sent_once_are_not_read_before_they_are_sent_again(
    settled: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    """A HEAD sends none of them, so all it reads is what it reads to know them again."""
    job = await completed(settled, jobs, storage, LONG)
    read = [bytes_read()]
    for _ in range(2):
        await settled.head(f"/v1/video/results/{job.job_id}")
        read.append(bytes_read())

    assert read[1] - read[0] >= len(LONG)
    assert read[2] - read[1] < len(LONG) / 10


@pytest.mark.parametrize("replaced", [False, True], ids=["changed", "replaced"])
async def test_results_that_were_harmed_after_they_were_sent_are_lost(
    settled: TestClient, jobs: MemoryJobs, storage: LocalStorage, folder: Path, replaced: bool
) -> None:
    """Their size and time of change say nothing: anybody can set those."""
    job = await completed(settled, jobs, storage)
    path, url = folder / str(job.output_path), f"/v1/video/results/{job.job_id}"
    before = path.stat()
    assert (await settled.get(url)).status == 200
    harmed = path.with_name("harmed") if replaced else path
    harmed.write_bytes(DOCUMENT.replace(b"NORTH", b"NORTI"))
    os.utime(harmed, ns=(before.st_atime_ns, before.st_mtime_ns))
    harmed.replace(path)
    answer = await settled.get(url)

    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert (after.st_ino == before.st_ino) is not replaced
    assert await problem(answer) == (410, "results_lost")


async def test_a_client_that_leaves_ends_its_response_in_silence(
    serve: Serve, jobs: MemoryJobs, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage = WatchedStorage(folder)
    client = await serve(storage=storage)
    job = await completed(client, jobs, storage, ENDLESS)
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(b"GET /v1/video/results/%b HTTP/1.1\r\nHost: t\r\n\r\n" % str(job.job_id).encode())
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()
    await until(lambda: storage.open_files == 0)

    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_results_that_find_no_descriptor_are_not_lost(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    job = await completed(client, jobs, storage)
    with no_descriptor_left():
        answer = await client.get(f"/v1/video/results/{job.job_id}")

    assert await problem(answer) == (503, "too_many_files")
