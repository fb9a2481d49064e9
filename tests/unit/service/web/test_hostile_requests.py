"""Requests that no client means well with: each has one exact answer, and costs us little."""

import asyncio
import logging
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from service.web.body import Pace
from service.web.server import LINGER_BYTES
from tests.unit.service.conftest import Serve
from tests.unit.service.web.raw import answers, raw_head, read_answer
from tests.unit.service.web.samples import FILM, multipart, part
from tests.waiting import until

MIB = 2**20
FORM = "multipart/form-data; boundary=b"
GET = "GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n"


def get(path: str = "/livez", *headers: str) -> bytes:
    return GET.format(path, "".join(f"{header}\r\n" for header in headers)).encode("latin-1")


def form(body: bytes, *headers: str, content_type: str = FORM) -> bytes:
    return raw_head(*headers, length=len(body), content_type=content_type) + body


def charset_first(boundary: str) -> bytes:
    body = f'--{boundary}\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\nutf-8\r\n'
    return form(body.encode(), content_type=f"multipart/form-data; boundary={boundary}")


HOSTILE: dict[str, tuple[bytes, int, str]] = {
    "no HTTP at all": (b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n", 400, "bad_request"),
    "a version to come": (b"GET /livez HTTP/9.9\r\nHost: test\r\n\r\n", 400, "bad_request"),
    "a header without a colon": (get("/livez", "nothing"), 400, "bad_request"),
    "a control character in a header": (get("/livez", "X-A: \0"), 400, "bad_request"),
    "a header of 40 KB": (get("/livez", f"X-A: {'a' * 40_000}"), 400, "bad_request"),
    "an address of 40 KB": (get("/" + "a" * 40_000), 400, "bad_request"),
    "a thousand headers": (get("/livez", *["X-A: a"] * 1000), 400, "bad_request"),
    "two lengths": (raw_head("Content-Length: 5", length=4), 400, "bad_request"),
    "a length and chunks": (raw_head("Transfer-Encoding: chunked", length=4), 400, "bad_request"),
    "a negative length": (raw_head(length=-1), 400, "bad_request"),
    "an expectation in Latin-1": (get("/livez", "Expect: \xff"), 417, "expectation_failed"),
    "an expectation of an upload": (
        raw_head("Expect: \xff", length=4) + b"film",
        417,
        "expectation_failed",
    ),
    "an expectation of nothing we know": (
        get("/v1/pipelines", "Expect: 200-ok"),
        417,
        "expectation_failed",
    ),
    "an expectation at no address": (get("/nothing", "Expect: \xff"), 417, "expectation_failed"),
    "a packed film": (
        raw_head("Content-Encoding: gzip", length=4) + b"film",
        415,
        "unsupported_encoding",
    ),
    "a packed body at no address": (
        raw_head("Content-Encoding: br", length=4, path="/nothing") + b"film",
        404,
        "not_found",
    ),
    "a length nobody has": (raw_head(length=10**15), 413, "upload_too_large"),
    "ten megabytes before the form": (
        raw_head(content_type=FORM) + b"a00000\r\n" + b"\r\n" * (5 * MIB),
        413,
        "upload_too_large",
    ),
    "a form that begins with a text of lines": (
        form(b"text\r\n" * 20_000 + multipart(part("file", FILM))["data"]),
        413,
        "upload_too_large",
    ),
    "a form whose character set comes first": (charset_first("b"), 400, "bad_multipart"),
    "the same with a long boundary": (charset_first("b" * 70), 400, "bad_multipart"),
    "an address with a line break": (get("/livez%0Aforged"), 404, "not_found"),
    "a method of our own": (b"BREW /livez HTTP/1.1\r\nHost: test\r\n\r\n", 400, "bad_request"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_request_has_one_exact_answer(
    client: TestClient, folder: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    request, status, code = HOSTILE[name]
    (answer,) = await answers(client, request)

    assert answer.problem == (status, code)
    assert answer.headers["x-request-id"] == answer.document["request_id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "aaa" not in answer.body.decode()
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert all(record.exc_info is None for record in caplog.records)
    assert all(len(record.getMessage()) < 200 for record in caplog.records)


async def test_nothing_is_unpacked_whatever_the_address(client: TestClient) -> None:
    """1 MB that unpacks to 1 GB held the loop for 2 s after it had been refused."""
    # Bytes that are not gzip break the connection of a server that tries to unpack them.
    junk = raw_head("Content-Encoding: gzip", length=4 * MIB, path="/nothing") + bytes(4 * MIB)
    refused, alive = await answers(client, junk + get("/livez"), count=2)

    assert refused.problem == (404, "not_found")
    assert alive.status == 200


@pytest.mark.parametrize("name", ["a bare film", "before the form", "an option", "a part's head"])
async def test_an_upload_that_drips_is_given_up(serve: Serve, folder: Path, name: str) -> None:
    """A byte in 15 s kept an upload open for ever; here a byte a turn, and a window of 50 ms."""
    pace = Pace(idle_seconds=1, window_seconds=0.05, bytes_per_second=1e6)
    client = await serve(pace=pace)
    beginnings = {
        "a bare film": raw_head(length=MIB) + FILM,
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


async def test_a_head_that_never_ends_is_closed(serve: Serve) -> None:
    client = await serve(keepalive_seconds=0.05)
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(b"GET /livez HTTP/1.1\r\nX-Slow: ")

    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()


async def test_what_follows_a_refused_body_is_read_for_a_while_only(client: TestClient) -> None:
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(raw_head(length=10**12, path="/nothing"))
    answer = await read_answer(reader)
    with pytest.raises(ConnectionError):
        await _send(writer, 10 * LINGER_BYTES)

    assert answer.problem == (404, "not_found")
    writer.close()


async def test_an_upload_that_a_client_ends_is_no_fault_of_ours(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """It stood as a 500 in the access log."""
    caplog.set_level(logging.INFO)
    _, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(raw_head(length=MIB) + FILM)
    await until(lambda: client.server.runner.server.requests_count)
    writer.close()
    await until(lambda: "request answered" in caplog.messages)

    (record,) = [record for record in caplog.records if record.message == "request answered"]
    assert record.status == 499
    assert {record.levelname for record in caplog.records} == {"INFO"}


async def _send(writer: asyncio.StreamWriter, size: int) -> None:
    for _ in range(size // MIB):
        writer.write(bytes(MIB))
        await writer.drain()
