from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from aiohttp import content_disposition_filename, parse_content_disposition, web
from aiohttp.test_utils import TestServer

from service.client import ClientFailure, ServiceAway, open_client

Start = Callable[..., Awaitable[TestServer]]


class Flickering:
    """A service that is away for some requests, and then has a job of these statuses."""

    def __init__(self, *statuses: str, away: int) -> None:
        self.requests = 0
        self._away = away
        self._statuses = list(statuses)

    async def answer(self, _: web.Request) -> web.Response:
        self.requests += 1
        if self.requests <= self._away:
            return web.Response(status=503, text="down for a moment")
        return web.json_response({"status": self._statuses.pop(0)})

    @property
    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/jobs/{job_id}", self.answer)
        return app


async def test_a_service_that_is_briefly_away_is_asked_again(aiohttp_server: Start) -> None:
    service = Flickering("running", "completed", away=2)
    server = await aiohttp_server(service.app)
    async with open_client(str(server.make_url(""))) as client:
        told: list[str] = []
        document = await client.wait("1", told=lambda job: told.append(job["status"]))

    assert document == {"status": "completed"}
    assert told == ["running", "completed"]
    assert service.requests == 4


async def test_a_service_that_stays_away_is_given_up(aiohttp_server: Start) -> None:
    server = await aiohttp_server(Flickering(away=1000).app)
    async with open_client(str(server.make_url(""))) as client:
        with pytest.raises(ClientFailure, match="responded with 503"):
            await client.wait("1", patience_seconds=0)


async def test_a_response_that_breaks_off_is_a_failure(aiohttp_server: Start) -> None:
    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"results": [')
        assert request.transport is not None
        request.transport.abort()
        return response

    app = web.Application()
    app.router.add_get("/v1/video/results/{job_id}", break_off)
    server = await aiohttp_server(app)
    async with open_client(str(server.make_url(""))) as client:
        with pytest.raises(ClientFailure, match="broke off"):
            [chunk async for chunk in client.results("1")]


async def test_pages_are_asked_for_as_they_are_taken(aiohttp_server: Start) -> None:
    asked: list[str] = []

    async def page(request: web.Request) -> web.Response:
        asked.append(request.query_string)
        following = {"": "second", "second": "third"}.get(request.query.get("cursor", ""))
        return web.json_response({"items": [{"n": len(asked)}], "next_cursor": following})

    app = web.Application()
    app.router.add_get("/v1/jobs", page)
    server = await aiohttp_server(app)
    async with open_client(str(server.make_url(""))) as client:
        async with aclosing(client.jobs(status="failed")) as jobs:
            first = await anext(jobs)
        everything = [job async for job in client.jobs()]

    assert first == {"n": 1}
    assert asked == ["status=failed", "", "cursor=second", "cursor=third"]
    assert everything == [{"n": 2}, {"n": 3}, {"n": 4}]


async def test_a_video_is_sent_with_its_length_and_name_and_told_of_on_the_way(
    aiohttp_server: Start, tmp_path: Path
) -> None:
    seen: dict[str, str] = {}
    name = "a 'café' \u2013 1.mp4"

    async def take(request: web.Request) -> web.Response:
        seen.update(request.headers)
        seen["body"] = (await request.read()).decode()
        _, parameters = parse_content_disposition(request.headers["Content-Disposition"])
        seen["name"] = content_disposition_filename(parameters) or ""
        return web.json_response({"job_id": "1"}, status=202)

    app = web.Application()
    app.router.add_post("/v1/video/submit", take)
    server = await aiohttp_server(app)
    (tmp_path / name).write_text("video")
    sent: list[int] = []
    async with open_client(str(server.make_url(""))) as client:
        await client.submit(tmp_path / name, {}, idempotency_key="k", sent=sent.append)

    assert (seen["body"], seen["Content-Length"], seen["Idempotency-Key"]) == ("video", "5", "k")
    assert seen["name"] == name
    assert sent == [5]


@pytest.mark.parametrize(("status", "is_away"), [(429, True), (507, True), (401, False)])
async def test_what_says_nothing_of_a_video_may_be_asked_again(
    aiohttp_server: Start, tmp_path: Path, status: int, is_away: bool
) -> None:
    """Or else forgesyte watch would put an error beside a video that met a limit."""
    told = {"title": "No", "detail": "not now", "code": "busy"}

    async def refuse(_: web.Request) -> web.Response:
        return web.json_response(told, status=status, content_type="application/problem+json")

    app = web.Application()
    app.router.add_post("/v1/video/submit", refuse)
    server = await aiohttp_server(app)
    (tmp_path / "video.mp4").write_text("video")
    async with open_client(str(server.make_url(""))) as client:
        with pytest.raises(ClientFailure, match="not now") as raised:
            await client.submit(tmp_path / "video.mp4", {})

    assert isinstance(raised.value, ServiceAway) is is_away
