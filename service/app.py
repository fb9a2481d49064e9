"""The web application: services around it, routes in it, problems out of it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from aiohttp import web

from config.settings import LOOPBACK, Settings
from service.access.known import KnownTokens
from service.dispatch.recovery import recover_forever
from service.errors import DatabaseUnavailable
from service.maintenance.forever import maintain_forever
from service.metrics.web import WebMetrics
from service.services import SERVICES, Services
from service.web.access.authenticate import KNOWN_TOKENS, authenticate
from service.web.access.limits import UploadsUnderWay
from service.web.health import RECOVERY_HEALTH
from service.web.metrics import METRICS, count_request
from service.web.problems import problem_middleware
from service.web.requests import add_headers, set_request_id
from service.web.results import VERIFIED_FILES
from service.web.routes import add_routes
from service.web.submit import ACCEPTANCE, PACE, UPLOADS
from service.web.upload.acceptance import Acceptance
from service.web.upload.body import READ_BYTES, Pace
from service.web.verified import VerifiedFiles

log = logging.getLogger(__name__)

OpenServices = Callable[[], AbstractAsyncContextManager[Services]]


def create_app(
    open_services: OpenServices,
    *,
    pace: Pace | None = None,
    verified_files: VerifiedFiles | None = None,
) -> web.Application:
    """The application over whatever open_services opens; it closes what it opened.

    pace: the least that an upload has to bring, else what is set. verified_files: the results
    known to be whole, at first none. Starting it raises what open_services raises, and
    SchemaOutdated.
    """
    app = web.Application(
        middlewares=[count_request, set_request_id, problem_middleware, authenticate],
        # aiohttp would unpack bodies that nobody reads, in the loop: a megabyte may hold 1 GB.
        handler_args={"auto_decompress": False, "read_bufsize": READ_BYTES},
    )
    app[UPLOADS] = UploadsUnderWay()
    app[ACCEPTANCE] = Acceptance()
    app[VERIFIED_FILES] = verified_files or VerifiedFiles()
    app[METRICS] = metrics = WebMetrics()
    app[RECOVERY_HEALTH] = metrics.recovery
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_release_waiting)
    app.cleanup_ctx.append(_lifetime(open_services, pace))
    add_routes(app)
    return app


def _lifetime(
    open_services: OpenServices, pace: Pace | None
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def open_and_close(app: web.Application) -> AsyncIterator[None]:
        async with open_services() as services:
            app[SERVICES] = services
            app[METRICS].show_connections(services.jobs)
            app[PACE] = pace or _pace_of(services.settings)
            app[KNOWN_TOKENS] = KnownTokens(services.tokens)
            await _refuse_old_schema(services)
            await _say_who_may_come(services)
            async with _beside(services, app[METRICS]):
                yield
            await app[KNOWN_TOKENS].close()

    return open_and_close


def _pace_of(settings: Settings) -> Pace:
    return Pace(
        bytes_per_second=settings.min_upload_bytes_per_second,
        total_seconds=settings.max_upload_seconds,
    )


async def _release_waiting(app: web.Application) -> None:
    """Respond to whoever waits for a job, or the process could not end before they are through."""
    app[SERVICES].changes.close()


async def _refuse_old_schema(services: Services) -> None:
    try:
        await services.jobs.check()
    except DatabaseUnavailable as error:
        # Started before its database, web responds with 503 until that is up.
        log.warning("database unavailable", extra={"reason": str(error)})


async def _say_who_may_come(services: Services) -> None:
    settings = services.settings
    if settings.auth == "off" and settings.host not in LOOPBACK:
        log.warning("no tokens are asked for: whoever reaches the port may use this service")
    with suppress(DatabaseUnavailable):
        if settings.auth_required and not await services.tokens.list_tokens():
            log.warning(
                "there is no token yet, so nobody may use this service: make one with "
                "`forgesyte tokens create NAME`, or set FORGESYTE_AUTH=off"
            )


@asynccontextmanager
async def _beside(services: Services, metrics: WebMetrics) -> AsyncIterator[None]:
    """Recovery, maintenance and the watch on the loop, as long as the context is open."""
    jobs, settings = services.jobs, services.settings
    tasks = [
        asyncio.create_task(
            recover_forever(jobs, services.queue, settings=settings, health=metrics.recovery)
        ),
        asyncio.create_task(maintain_forever(jobs, services.storage, settings=settings)),
        asyncio.create_task(metrics.watch_loop()),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
