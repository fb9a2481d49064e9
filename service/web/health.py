"""Whether this process lives, and whether it can serve."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping

from aiohttp import web

from service.dispatch.recovery import RecoveryHealth
from service.errors import (
    SchemaOutdated,
    ServiceError,
    StorageFull,
    StorageNotWritable,
    TooLittleRoom,
)
from service.presence import Workers, check_workers, prove_storage
from service.services import SERVICES, Services
from service.web.access.limits import require_room
from service.web.problems import Kind, problem
from service.web.responses import timestamp

OK = "ok"
CHECK_SECONDS = 4.0
NOT_READY = Kind(503, "not_ready", "Not ready")
# All that a client may know of a check; the log has the reason.
WORDS: Mapping[type[Exception], str] = {
    SchemaOutdated: "outdated",
    StorageFull: "full",
    TooLittleRoom: "full",
    StorageNotWritable: "not_writable",
}
UNAVAILABLE = "unavailable"
LATE = "late"
RECOVERY_HEALTH = web.AppKey("RECOVERY_HEALTH", RecoveryHealth)

log = logging.getLogger(__name__)


async def show_alive(_: web.Request) -> web.Response:
    """200 as long as the loop runs; checks no dependency."""
    return web.json_response({"status": "alive"})


async def show_ready(request: web.Request) -> web.Response:
    """200 when jobs can be accepted; degraded while the queue is unavailable or recovery late."""
    services = request.app[SERVICES]
    database, storage, queue, workers = await asyncio.gather(
        _outcome("database", _then_ok(services.jobs.check())),
        _outcome("storage", _then_ok(_check_storage(services))),
        _outcome("queue", _then_ok(services.queue.size())),
        _outcome("workers", check_workers(services.jobs, services.storage)),
    )
    health = request.app[RECOVERY_HEALTH]
    passed_at = health.last_pass_at
    recovery = OK if health.passed_within(services.settings.lease_seconds) else LATE
    checks = {
        "database": database,
        "storage": storage,
        "queue": queue,
        "recovery": recovery,
        "workers": workers,
    }
    document = {"checks": checks, "recovery_passed_at": passed_at and timestamp(passed_at)}
    if (database, storage) != (OK, OK) or workers == Workers.OTHER_STORAGE:
        return problem(NOT_READY, detail="The checks say what is missing.", **document)
    status = "ready" if (queue, recovery) == (OK, OK) else "degraded"
    return web.json_response({"status": status, **document})


async def _outcome(name: str, check: Awaitable[str]) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check
    except (ServiceError, OSError) as error:
        log.warning("not ready", extra={"check": name, "reason": str(error) or repr(error)})
        return WORDS.get(type(error), UNAVAILABLE)


async def _then_ok(check: Awaitable[object]) -> str:
    await check
    return OK


async def _check_storage(services: Services) -> None:
    """Write a file and read it back, where there is room for videos."""
    await require_room(services)
    await prove_storage(services.storage)
