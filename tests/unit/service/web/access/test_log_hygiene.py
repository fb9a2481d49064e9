"""What a log never holds: a token, a password, or what a client calls its file."""

import io
import logging
from collections.abc import Iterator

import pytest
from aiohttp import FormData

from service.access.memory import MemoryTokens
from service.jobs.memory import MemoryJobs
from service.logs import JsonFormatter, TextFormatter
from tests.unit.service.conftest import Serve
from tests.unit.service.web.access.conftest import Door, bearer
from tests.unit.service.web.samples import RAW, VIDEO

FILE_NAME = "divorce-papers"
WRONG = "wrong-token-0123456789"


@pytest.fixture
def logged() -> Iterator[list[io.StringIO]]:
    """All that is logged, as text and as JSON, at whatever level."""
    streams = []
    root = logging.getLogger()
    handlers = []
    level = root.level
    root.setLevel(logging.DEBUG)
    for formatter in (TextFormatter(), JsonFormatter()):
        handler = logging.StreamHandler(io.StringIO())
        handler.setFormatter(formatter)
        root.addHandler(handler)
        handlers.append(handler)
        streams.append(handler.stream)
    yield streams
    root.setLevel(level)
    for handler in handlers:
        root.removeHandler(handler)


def named_form(video: bytes, name: str) -> FormData:
    data = FormData()
    data.add_field("file", video, filename=name, content_type="video/mp4")
    return data


async def test_no_log_holds_a_token_or_the_name_of_a_file(
    door: Door, logged: list[io.StringIO]
) -> None:
    ann = await door.admit("ann")
    secret = ann["Authorization"].removeprefix("Bearer ")
    name = f"{FILE_NAME}.mp4"
    named = {"Content-Disposition": f'attachment; filename="{name}"'}
    ask = door.client.request

    for headers in (ann, bearer(WRONG), {"Cookie": f"forgesyte_token={WRONG}"}):
        await ask("POST", "/v1/session", headers=headers)
        await ask("POST", "/v1/video/submit", headers=headers, data=named_form(VIDEO, name))
        await ask("POST", "/v1/video/submit", headers=headers, data=named_form(b"text", name))
        await ask("POST", "/v1/video/submit", headers=headers | RAW | named, data=VIDEO)
        await ask("GET", f"/v1/jobs?token={secret}", headers=headers)
        await ask("GET", f"/v1/search?q={FILE_NAME}", headers=headers)
    (job, *_) = (await (await ask("GET", "/v1/jobs", headers=ann)).json())["items"]
    assert job["name"] == name
    await ask("GET", f"/v1/video/source/{job['job_id']}", headers=ann)
    await ask("DELETE", f"/v1/jobs/{job['job_id']}", headers=ann)

    for stream in logged:
        text = stream.getvalue()
        assert "request completed" in text
        assert [each for each in (secret, secret[4:], WRONG, FILE_NAME) if each in text] == []


async def test_a_request_that_fails_of_itself_shows_neither(
    serve: Serve, tokens: MemoryTokens, logged: list[io.StringIO]
) -> None:
    class Broken(MemoryJobs):
        async def insert(self, new: object) -> object:  # type: ignore[override]
            raise ZeroDivisionError

    client = await serve(jobs=Broken())
    answer = await client.post(
        "/v1/video/submit",
        data=named_form(VIDEO, f"{FILE_NAME}.mp4"),
        headers=bearer(WRONG),
    )

    assert answer.status == 500
    for stream in logged:
        text = stream.getvalue()
        assert "ZeroDivisionError" in text
        assert [each for each in (WRONG, FILE_NAME) if each in text] == []
