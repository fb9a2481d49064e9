"""Whether this process lives, and whether it can serve."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from uuid import uuid4

from aiohttp import web

from service.jobs.errors import FileMissing, ServiceError
from service.jobs.recovery import RecoveryHealth
from service.services import SERVICES
from service.storage.base import StorageService
from service.web.problems import Kind, problem

OK = "ok"
CHECK_SECONDS = 4.0
NOT_READY = Kind(503, "not_ready")
RECOVERY_HEALTH = web.AppKey("RECOVERY_HEALTH", RecoveryHealth)


async def show_alive(_: web.Request) -> web.Response:
    """200 as long as the loop turns; asks nobody."""
    return web.json_response({"status": "alive"})


async def show_ready(request: web.Request) -> web.Response:
    """200 when jobs can be taken; without the queue they are taken too, and rung later."""
    services = request.app[SERVICES]
    database, storage, queue = await asyncio.gather(
        _outcome(services.jobs.check()),
        _outcome(_check_storage(services.storage)),
        _outcome(services.queue.size()),
    )
    checks = {"database": database, "storage": storage, "queue": queue}
    if (database, storage) != (OK, OK):
        return problem(
            NOT_READY, title="Not ready", detail="a needed server is away", checks=checks
        )
    status = "ready" if queue == OK else "degraded"
    return web.json_response({"status": status, "checks": checks})


async def _outcome(check: Awaitable[object]) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check
    except ServiceError as error:
        return str(error) or error.title
    except OSError as error:
        return error.strerror or f"no answer within {CHECK_SECONDS:g} seconds"
    return OK


async def _check_storage(storage: StorageService) -> None:
    """Write a file and read it back."""
    key, nonce = f"video_jobs/readiness-{uuid4()}", uuid4().bytes
    try:
        await storage.save(key, _one_piece(nonce))
        found = b"".join([piece async for piece in storage.load(key)])
    finally:
        await storage.delete(key)
    if found != nonce:
        raise FileMissing("what was written was not what was read")


async def _one_piece(piece: bytes) -> AsyncIterator[bytes]:
    yield piece
