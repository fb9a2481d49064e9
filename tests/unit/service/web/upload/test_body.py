import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from service.storage.base import StoredFile
from service.storage.local import LocalStorage
from service.web.upload.body import Pace
from tests.exhausted import no_descriptor_left
from tests.unit.service.conftest import Serve
from tests.unit.service.web.raw import exchange, raw_head, read_answer
from tests.unit.service.web.samples import RAW, VIDEO, form, part, problem
from tests.waiting import until

SUBMIT = "/v1/video/submit"
FORM = "multipart/form-data; boundary=b"
MIB = 2**20


class MeasuringStorage(LocalStorage):
    """A storage that knows the largest of the chunks it was given."""

    largest = 0

    async def save(self, key: str, chunks: AsyncIterable[bytes]) -> StoredFile:
        return await super().save(key, self._measured(chunks))

    async def _measured(self, chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self.largest = max(self.largest, len(chunk))
            yield chunk


async def test_an_upload_that_stalls_is_given_up(serve: Serve, folder: Path) -> None:
    client = await serve(pace=Pace(idle_seconds=0.05))
    answer = await exchange(client, raw_head(length=MIB) + VIDEO)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"upload_too_slow" in answer
    assert_empty(folder)


@pytest.mark.parametrize("name", ["a bare video", "before the form", "an option", "a part's head"])
async def test_an_upload_that_drips_is_given_up(serve: Serve, folder: Path, name: str) -> None:
    """A byte in 15 s kept an upload open for ever; here a byte a turn, and a window of 50 ms."""
    pace = Pace(idle_seconds=1, window_seconds=0.05, bytes_per_second=1e6)
    client = await serve(pace=pace)
    beginnings = {
        "a bare video": raw_head(length=MIB) + VIDEO,
        "before the form": raw_head(length=MIB, content_type=FORM) + b"text",
        "an option": raw_head(length=MIB, content_type=FORM)
        + b"--b\r\n"
        + part("max_frames", b"1"),
        "a part's head": raw_head(length=MIB, content_type=FORM) + b"--b\r\nContent-Disp",
    }
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(beginnings[name])
    answering = asyncio.ensure_future(read_answer(reader))

    async def drip() -> bool:
        writer.write(b"\n" if name == "before the form" else b"1")
        return answering.done()

    await until(drip)
    assert answering.result().problem == (408, "upload_too_slow")
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    writer.close()


async def test_an_upload_that_a_client_ends_is_no_fault_of_ours(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """It stood as a 500 in the access log."""
    caplog.set_level(logging.INFO)
    _, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(raw_head(length=MIB) + VIDEO)
    await until(lambda: client.server.runner.server.requests_count)
    writer.close()
    await until(lambda: "request completed" in caplog.messages)

    (record,) = [record for record in caplog.records if record.message == "request completed"]
    assert record.status == 499
    assert {record.levelname for record in caplog.records} == {"INFO"}


@pytest.mark.parametrize("raw", [True, False])
async def test_an_upload_that_finds_no_descriptor_is_to_come_again(
    client: TestClient, folder: Path, raw: bool
) -> None:
    """775 of 1,000 slow uploads were answered by a 500."""
    await client.get("/livez")
    with no_descriptor_left():
        if raw:
            answer = await client.post(SUBMIT, data=VIDEO, headers=RAW)
        else:
            answer = await client.post(SUBMIT, data=form())

    assert await problem(answer) == (503, "too_many_files")
    assert int(answer.headers["Retry-After"]) > 0
    assert_empty(folder)


@pytest.mark.parametrize(("way", "most"), [("bare", 512 * 1024), ("form", 128 * 1024)])
async def test_what_web_holds_of_an_upload_at_a_time_is_little(
    serve: Serve, folder: Path, way: str, most: int
) -> None:
    """A hundred uploads took 430 MB. Bare, it is what two reads of the socket bring."""
    storage = MeasuringStorage(folder)
    client = await serve(storage=storage)
    video = VIDEO + bytes(4 * MIB)
    sent = {"data": video, "headers": RAW} if way == "bare" else {"data": form(video)}
    answer = await client.post(SUBMIT, **sent)

    assert answer.status == 202
    assert 0 < storage.largest <= most


def assert_empty(folder: Path) -> None:
    assert [path for path in folder.rglob("*") if path.is_file()] == []
