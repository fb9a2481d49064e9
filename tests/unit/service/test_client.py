from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from service.client import ClientFailure, open_client

Start = Callable[..., Awaitable[TestServer]]


class Flickering:
    """A service that is away for some requests, and then has a completed job."""

    def __init__(self, *, away: int) -> None:
        self.requests = 0
        self._away = away

    async def answer(self, _: web.Request) -> web.Response:
        self.requests += 1
        if self.requests <= self._away:
            return web.Response(status=503, text="down for a moment")
        return web.json_response({"status": "completed"})

    @property
    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/video/status/{job_id}", self.answer)
        return app


async def test_a_service_that_is_briefly_away_is_asked_again(aiohttp_server: Start) -> None:
    service = Flickering(away=2)
    server = await aiohttp_server(service.app)
    async with open_client(str(server.make_url(""))) as client:
        document = await client.wait("1")

    assert document == {"status": "completed"}
    assert service.requests == 3


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
