"""Prefer: wait=N (RFC 7240): a response that comes when there is news, or after N seconds."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from aiohttp import hdrs, web

from service.jobs.changes import set_within
from service.jobs.model import TERMINAL
from service.services import SERVICES
from service.web.responses import is_current, json_response

MAX_WAIT_SECONDS = 25
# How soon it is seen that the client has gone, and how often we look where nobody tells us.
LOOK_SECONDS = 1.0

_WAIT = re.compile(r"(?:^|[,\s])wait\s*=\s*\"?([0-9]{1,9})\"?\s*(?:$|[,;])", re.IGNORECASE)

Read = Callable[[], Awaitable[dict[str, Any]]]


async def respond_with_news(request: web.Request, read: Read) -> web.Response:
    """The job's document, once it is news to the client that asks for that.

    News is what If-None-Match does not name, or else another status than the first. A job at its
    end has none to wait for. read: gives the document, and raises JobNotFound.
    """
    seconds = _wanted_seconds(request)
    if seconds is None:
        return json_response(request, await read())
    response = json_response(request, await _news(request, read, seconds))
    response.headers["Preference-Applied"] = f"wait={seconds}"
    return response


def _wanted_seconds(request: web.Request) -> int | None:
    found = _WAIT.search(",".join(request.headers.getall("Prefer", [])))
    return min(int(found[1]), MAX_WAIT_SECONDS) if found else None


async def _news(request: web.Request, read: Read, seconds: int) -> dict[str, Any]:
    loop, changes = asyncio.get_running_loop(), request.app[SERVICES].changes
    until = loop.time() + seconds
    document = first = await read()
    # The URL names a job: it was just read.
    with changes.watch(UUID(request.match_info["job_id"])) as changed:
        # Between the first look and the watch it may have changed.
        changed.set()
        while not _is_news(request, document, first) and not changes.is_closed:
            left = until - loop.time()
            if left <= 0 or request.transport is None:
                break
            told = await set_within(changed, min(left, LOOK_SECONDS))
            if told or not changes.is_live:
                changed.clear()
                document = await read()
    return document


def _is_news(request: web.Request, document: dict[str, Any], first: dict[str, Any]) -> bool:
    if document["status"] in TERMINAL:
        return True
    if hdrs.IF_NONE_MATCH in request.headers:
        return not is_current(request, document)
    return bool(document["status"] != first["status"])
