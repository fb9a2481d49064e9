"""Requests that no client means well with: each has one exact answer, and costs us little."""

import logging
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from tests.unit.service.web.raw import answers, raw_head
from tests.unit.service.web.samples import VIDEO, multipart, part

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
    "two lengths": (raw_head("Content-Length: 5", length=5), 400, "bad_request"),
    "a length and chunks": (raw_head("Transfer-Encoding: chunked", length=5), 400, "bad_request"),
    "a negative length": (raw_head(length=-1), 400, "bad_request"),
    "an expectation in Latin-1": (get("/livez", "Expect: \xff"), 417, "expectation_failed"),
    "an expectation of an upload": (
        raw_head("Expect: \xff", length=5) + b"video",
        417,
        "expectation_failed",
    ),
    "an expectation of nothing we know": (
        get("/v1/pipelines", "Expect: 200-ok"),
        417,
        "expectation_failed",
    ),
    "an expectation at no address": (get("/nothing", "Expect: \xff"), 417, "expectation_failed"),
    "a packed video": (
        raw_head("Content-Encoding: gzip", length=5) + b"video",
        415,
        "unsupported_encoding",
    ),
    "a packed body at no address": (
        raw_head("Content-Encoding: br", length=5, path="/nothing") + b"video",
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
        form(b"text\r\n" * 20_000 + multipart(part("file", VIDEO))["data"]),
        413,
        "upload_too_large",
    ),
    "a form that begins with one long line": (form(b"a" * MIB), 400, "bad_multipart"),
    "a chunk longer than it says": (raw_head() + b"2\r\nfilm\r\n", 400, "bad_request"),
    "a form whose character set comes first": (charset_first("b"), 400, "bad_multipart"),
    "the same with a long boundary": (charset_first("b" * 70), 400, "bad_multipart"),
    "an address with a line break": (get("/livez%0Aforged"), 404, "not_found"),
    "a method of our own": (b"BREW /livez HTTP/1.1\r\nHost: test\r\n\r\n", 400, "bad_request"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_request_has_one_exact_response(
    client: TestClient, folder: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    request, status, code = HOSTILE[name]
    (answer,) = await answers(client, request)

    assert answer.problem == (status, code)
    assert answer.headers["x-request-id"] == answer.document["request_id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert b"a" * 20 not in answer.body
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert all(record.exc_info is None for record in caplog.records)
    assert all(len(record.getMessage()) < 200 for record in caplog.records)
