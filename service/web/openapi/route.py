"""A route: a path, what serves it, and how that is described."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from service.web.openapi.operation import Operation


@dataclass(frozen=True, slots=True)
class Route:
    """What is served at a path; operation is what the public documents say of it."""

    method: str
    path: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    operation: Operation
