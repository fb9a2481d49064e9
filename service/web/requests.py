"""What every request and response carries: an id, safe headers, a line in the log."""

import logging
import re
from collections.abc import Mapping
from types import MappingProxyType
from uuid import uuid4

from aiohttp import hdrs, web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.typedefs import Handler

from service.logs import REQUEST_ID

REQUEST_ID_HEADER = "X-Request-ID"

_SAFE: Mapping[str, str] = MappingProxyType(
    {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        # What a video shows is in no other site's page, nor in its memory.
        "Cross-Origin-Resource-Policy": "same-origin",
    }
)
_LOADS_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PROBES = frozenset({"/livez", "/readyz"})
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


@web.middleware
async def set_request_id(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request its id: the caller's where it is one, else a new one."""
    new_request_id(request)
    return await handler(request)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers that every response carries."""
    with_common_headers(response)


def new_request_id(request: web.BaseRequest) -> None:
    """Begin to log under this request's id."""
    given = request.headers.get(REQUEST_ID_HEADER, "")
    # Never reset: aiohttp runs each request in a context of its own, its access log included.
    REQUEST_ID.set(given if _ACCEPTED_ID.fullmatch(given) else str(uuid4()))


def with_common_headers(response: web.StreamResponse) -> web.StreamResponse:
    """The same response with the headers of every response; for those outside the application."""
    response.headers[REQUEST_ID_HEADER] = REQUEST_ID.get()
    response.headers.update(_SAFE)
    # The page and the documentation say themselves what they may load.
    response.headers.setdefault("Content-Security-Policy", _LOADS_NOTHING)
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    # aiohttp would send its version, and Python's.
    response.headers[hdrs.SERVER] = "forgesyte"
    return response


class AccessLog(AbstractAccessLogger):
    """One record for each response."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """See AbstractAccessLogger; time is in seconds."""
        # Somebody asks every few seconds; what is wrong is logged where it is found.
        level = logging.DEBUG if request.path in PROBES else logging.INFO
        self.logger.log(
            level,
            "request completed",
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
        """Whether these records are kept."""
        return self.logger.isEnabledFor(logging.INFO)
