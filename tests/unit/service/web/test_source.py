import asyncio
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from aiohttp.test_utils import TestClient

from service.jobs.memory import MemoryJobs
from tests.exhausted import no_descriptor_left
from tests.unit.service.web.samples import VIDEO, form, multipart, problem, submitted
from tests.waiting import until

SIZE = len(VIDEO)
RANGES = {
    "bytes=0-": range(SIZE),
    "bytes=0-0": range(1),
    "bytes=10-19": range(10, 20),
    "bytes=10-": range(10, SIZE),
    "bytes=-5": range(SIZE - 5, SIZE),
    f"bytes=-{SIZE * 2}": range(SIZE),
    f"bytes={SIZE - 1}-{SIZE + 9}": range(SIZE - 1, SIZE),
    "bytes=7-99999999999999999": range(7, SIZE),
}
IGNORED = [
    "bytes=0-1,5-6",
    "bytes=5-2",
    "bytes=-",
    "bytes=a-b",
    "frames=0-1",
    "bytes=٣-٤",
    f"bytes={'9' * 5000}-",
]
URL = "/v1/video/source"


@pytest.mark.parametrize("prefix", ["/v1/video", "/video"])
async def test_a_video_comes_back_as_it_was_submitted(
    client: TestClient, jobs: MemoryJobs, prefix: str
) -> None:
    """API-5"""
    job = await jobs.get(await submitted(client))
    answer = await client.get(f"{prefix}/source/{job.job_id}")

    assert (answer.status, await answer.read()) == (200, VIDEO)
    assert answer.content_type == "video/mp4"
    assert answer.headers["ETag"] == f'"{job.input_sha256}"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Disposition"] == "inline; filename*=UTF-8''video.mp4"


async def test_a_client_that_reads_nothing_any_more_is_left(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would keep a connection and an open file for ever."""
    monkeypatch.setattr("service.web.export.sending.IDLE_SECONDS", 0.2)
    # More than the system's buffers hold of a connection.
    large = VIDEO + bytes(64 * 1024 * 1024)
    answer = await client.post("/v1/video/submit", data=form(large))
    job_id = (await answer.json())["job_id"]
    reader, writer = await asyncio.open_connection(client.host, client.port, limit=1)
    writer.write(f"GET {URL}/{job_id} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
    assert b"200 OK" in await reader.read(100)
    await until(lambda: not any(job_id in file.path for file in psutil.Process().open_files()))
    with suppress(ConnectionError):
        assert len(await reader.read(-1)) < len(large)
    writer.close()


@pytest.mark.parametrize("asked", RANGES)
async def test_a_range_has_just_its_bytes(client: TestClient, asked: str) -> None:
    answer = await client.get(f"{URL}/{await submitted(client)}", headers={"Range": asked})

    wanted = RANGES[asked]
    assert await answer.read() == VIDEO[wanted.start : wanted.stop]
    assert answer.headers["Content-Length"] == str(len(wanted))
    if len(wanted) == SIZE:
        assert (answer.status, "Content-Range" in answer.headers) == (200, False)
    else:
        span = f"bytes {wanted.start}-{wanted.stop - 1}/{SIZE}"
        assert (answer.status, answer.headers["Content-Range"]) == (206, span)


@pytest.mark.parametrize("asked", IGNORED)
async def test_ranges_that_are_not_understood_are_ignored(client: TestClient, asked: str) -> None:
    answer = await client.get(f"{URL}/{await submitted(client)}", headers={"Range": asked})

    assert (answer.status, await answer.read()) == (200, VIDEO)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=-0", "bytes=999999-9999999"])
async def test_bytes_that_are_not_there_are_refused(client: TestClient, asked: str) -> None:
    answer = await client.get(f"{URL}/{await submitted(client)}", headers={"Range": asked})

    assert await problem(answer) == (416, "range_not_satisfiable")
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(("tag", "status"), [("{}", 206), ('"other"', 200), ("W/{}", 200)])
async def test_a_range_of_another_video_is_all_of_this_one(
    client: TestClient, tag: str, status: int
) -> None:
    """RFC 9110, section 13.1.5: If-Range compares strongly."""
    url = f"{URL}/{await submitted(client)}"
    own = (await client.head(url)).headers["ETag"]
    headers = {"Range": "bytes=0-9", "If-Range": tag.format(own)}

    assert (await client.get(url, headers=headers)).status == status


async def test_the_head_says_how_long_the_video_is(client: TestClient) -> None:
    url = f"{URL}/{await submitted(client)}"
    head = await client.head(url, headers={"Range": "bytes=0-9"})

    assert (head.status, await head.read()) == (200, b"")
    assert head.headers["Content-Length"] == str(SIZE)


async def test_a_video_the_client_has_is_not_sent_again(client: TestClient) -> None:
    url = f"{URL}/{await submitted(client)}"
    known = {"If-None-Match": (await client.head(url)).headers["ETag"], "Range": "bytes=0-9"}

    assert (await client.get(url, headers=known)).status == 304


async def test_a_hostile_name_stays_within_its_header(client: TestClient, jobs: MemoryJobs) -> None:
    header = "Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''%22%3B%0d%0ax%C3%9F"
    await client.post("/v1/video/submit", **multipart(f"{header}\r\n\r\n".encode() + VIDEO))
    (job,) = await jobs.list_jobs(limit=1)
    answer = await client.get(f"{URL}/{job.job_id}")

    assert answer.headers["Content-Disposition"] == "inline; filename*=UTF-8''%22%3Bx%C3%9F"


async def test_a_video_without_a_name_is_called_by_its_job(
    client: TestClient, jobs: MemoryJobs
) -> None:
    answer = await client.post(
        "/v1/video/submit", data=VIDEO, headers={"Content-Type": "video/mp4"}
    )
    job_id = UUID((await answer.json())["job_id"])
    answer = await client.get(f"{URL}/{job_id}")

    assert answer.headers["Content-Disposition"] == f"inline; filename*=UTF-8''{job_id}.mp4"


@pytest.mark.parametrize("harm", ["gone", "shorter"])
async def test_a_video_that_is_lost_is_not_sent(
    client: TestClient, jobs: MemoryJobs, folder: Path, harm: str
) -> None:
    job = await jobs.get(await submitted(client))
    path = folder / job.input_path
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(VIDEO[:-1])
    answer = await client.get(f"{URL}/{job.job_id}")

    assert await problem(answer) == (410, "results_lost")
    assert job.input_path not in await answer.text()


async def test_a_video_that_finds_no_descriptor_is_not_lost(client: TestClient) -> None:
    url = f"{URL}/{await submitted(client)}"
    with no_descriptor_left():
        answer = await client.get(url)

    assert await problem(answer) == (503, "too_many_files")


async def test_an_unknown_job_has_no_video(client: TestClient) -> None:
    assert await problem(await client.get(f"{URL}/1")) == (404, "job_not_found")
