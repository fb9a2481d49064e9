"""What every request and answer carries: an id, safe headers, a line in the log."""

import logging
import re
from uuid import uuid4

from aiohttp import hdrs, web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.typedefs import Handler

from service.logs import REQUEST_ID

REQUEST_ID_HEADER = "X-Request-ID"

_ACCEPTED_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


@web.middleware
async def name_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request its id: the caller's where it is one, else a new one."""
    name_anew(request)
    return await handler(request)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Say on every answer which request it belongs to, and that its type is what it says."""
    mark(response)


def name_anew(request: web.BaseRequest) -> None:
    """Begin to log under this request's id."""
    given = request.headers.get(REQUEST_ID_HEADER, "")
    # Never reset: aiohttp runs each request in a context of its own, its access log included.
    REQUEST_ID.set(given if _ACCEPTED_ID.fullmatch(given) else str(uuid4()))


def mark(response: web.StreamResponse) -> web.StreamResponse:
    """The same response with the headers of every answer; for those that pass no application."""
    response.headers[REQUEST_ID_HEADER] = REQUEST_ID.get()
    response.headers["X-Content-Type-Options"] = "nosniff"
    # aiohttp would tell its version, and Python's.
    response.headers[hdrs.SERVER] = "forgesyte"
    return response


class AccessLog(AbstractAccessLogger):
    """One record for each answer."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """See AbstractAccessLogger; time is in seconds."""
        self.logger.info(
            "request answered",
            extra={
                "method": request.method,
                "path": request.path,
                "status": response.status,
                "bytes": response.body_length,
                "seconds": round(time, 3),
            },
        )

    @property
    def enabled(self) -> bool:
        """Whether anybody listens."""
        return self.logger.isEnabledFor(logging.INFO)
