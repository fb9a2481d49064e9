"""Connections: what is refused before any route, and how long one may be held."""

import asyncio
import errno
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import HttpVersion11, StreamReader, hdrs, web
from aiohttp.http import HttpProcessingError

from service.web.problems import Kind, internal_problem, problem
from service.web.requests import new_request_id, with_common_headers

# nginx and the clouds' balancers keep an idle connection for 60 s: ours has to be the longer, or
# they send a request into one that we are closing. A request's head has no more time than this.
KEEPALIVE_SECONDS = 75.0
# What follows a refused body's head is read, and thrown away, so that the client sees the response
# and no reset (RFC 9112, section 9.6).
LINGER_SECONDS = 5.0
LINGER_BYTES = 16 * 1024 * 1024

NO_DESCRIPTOR = frozenset({errno.EMFILE, errno.ENFILE})
QUIET_SECONDS = 10.0

MALFORMED = Kind(400, "bad_request", "The request is not HTTP/1.1")
UNKNOWN_EXPECTATION = Kind(417, "expectation_failed", "Only 100-continue can be expected")

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

log = logging.getLogger(__name__)


class WebRunner(web.AppRunner):
    """Serves an application; it is what `python -m service` and the tests have in common."""

    def __init__(self, app: web.Application, **settings: Any) -> None:
        defaults = {"keepalive_timeout": KEEPALIVE_SECONDS, "lingering_time": LINGER_SECONDS}
        super().__init__(app, **defaults | settings)

    async def _make_server(self) -> web.Server:
        # aiohttp has no public way to name the class of its connections.
        server = await super()._make_server()
        return _Server(
            _refuse_expectations(server.request_handler),
            request_factory=server.request_factory,
            **server._kwargs,
        )


class LoopErrors:
    """Handler of the loop's errors: connections that find no descriptor are logged once in a while.

    asyncio tries again a second later, and until then reports each of up to 128 waiting ones.
    """

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """See loop.set_exception_handler."""
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in NO_DESCRIPTOR:
            loop.default_exception_handler(context)
        elif loop.time() >= self._quiet_until:
            self._quiet_until = loop.time() + QUIET_SECONDS
            log.warning("connections wait: too many open files", extra={"reason": error.strerror})


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(web.RequestHandler):
    __slots__ = ("_leftover", "_leftover_from")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._leftover: StreamReader | None = None
        self._leftover_from = 0

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The response to what is no request, or to an error that no middleware has seen."""
        if isinstance(exc, HttpProcessingError):
            new_request_id(request)
            log.info("malformed request", extra={"reason": type(exc).__name__})
            response = problem(MALFORMED, detail="Its head cannot be read, or is too long.")
        else:
            log.error("request failed unexpectedly", exc_info=exc)
            response = internal_problem()
        if request.writer.output_size:
            raise ConnectionError("a response that has begun cannot be replaced")
        response.force_close()
        return with_common_headers(response)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Respond, and from then on count what still comes of the request's body."""
        finished = await super().finish_response(request, resp, start_time)
        self._leftover, self._leftover_from = request.content, request.content.total_bytes
        return finished

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the client; nothing of a body that nobody reads is waited for any longer."""
        super().connection_lost(exc)
        if self._leftover is not None and not self._leftover.is_eof():
            self._leftover.feed_eof()

    def data_received(self, data: bytes) -> None:
        """Take what came, and close when too much of it is a body that nobody reads."""
        super().data_received(data)
        body = self._leftover
        if body is None or body.is_eof():
            return
        if body.total_bytes - self._leftover_from > LINGER_BYTES:
            # Ended first: aiohttp still reads it, and a closed connection would surprise it.
            body.feed_eof()
            self.force_close()


def _refuse_expectations(handle: Handle) -> Handle:
    async def refuse_or_handle(request: web.BaseRequest) -> web.StreamResponse:
        expected = request.headers.get(hdrs.EXPECT, "").lower()
        # aiohttp would quote it in its response, and Latin-1 bytes break that.
        if request.version == HttpVersion11 and expected not in ("", "100-continue"):
            new_request_id(request)
            return with_common_headers(
                problem(UNKNOWN_EXPECTATION, detail="Send the request without Expect.")
            )
        return await handle(request)

    return refuse_or_handle
