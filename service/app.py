"""The web application: services around it, routes in it, problems out of it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from aiohttp import web

from config.settings import Settings, SettingsError, variable_of
from service.dispatch.recovery import RecoveryHealth, recover_forever
from service.errors import DatabaseUnavailable
from service.maintenance.forever import maintain_forever
from service.services import SERVICES, Services
from service.web.health import RECOVERY_HEALTH
from service.web.problems import problem_middleware
from service.web.requests import add_headers, set_request_id
from service.web.results import VERIFIED_FILES
from service.web.routes import add_routes
from service.web.submit import ACCEPTANCE, PACE
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

    pace: the least that an upload has to bring. verified_files: the results known to be whole, at
    first none. Starting it raises what open_services raises,
    SettingsError when it would have to check tokens, and SchemaOutdated.
    """
    app = web.Application(
        middlewares=[set_request_id, problem_middleware],
        # aiohttp would unpack bodies that nobody reads, in the loop: a megabyte may hold 1 GB.
        handler_args={"auto_decompress": False, "read_bufsize": READ_BYTES},
    )
    app[PACE] = pace or Pace()
    app[ACCEPTANCE] = Acceptance()
    app[VERIFIED_FILES] = verified_files or VerifiedFiles()
    app[RECOVERY_HEALTH] = RecoveryHealth()
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_release_waiting)
    app.cleanup_ctx.append(_lifetime(open_services))
    add_routes(app)
    return app


def _lifetime(open_services: OpenServices) -> Callable[[web.Application], AsyncIterator[None]]:
    async def open_and_close(app: web.Application) -> AsyncIterator[None]:
        async with open_services() as services:
            app[SERVICES] = services
            _refuse_unguarded(services.settings)
            await _refuse_old_schema(services)
            async with _beside(services, app[RECOVERY_HEALTH]):
                yield

    return open_and_close


async def _release_waiting(app: web.Application) -> None:
    """Respond to whoever waits for a job, or the process could not end before they are through."""
    app[SERVICES].changes.close()


def _refuse_unguarded(settings: Settings) -> None:
    if settings.auth_required:
        raise SettingsError(
            f"{variable_of('auth')}: no API tokens can be checked yet; bind {variable_of('host')} "
            f"to 127.0.0.1, or set {variable_of('auth')}=off to let in whoever reaches the port"
        )


async def _refuse_old_schema(services: Services) -> None:
    try:
        await services.jobs.check()
    except DatabaseUnavailable as error:
        # Started before its database, web responds with 503 until that is up.
        log.warning("database unavailable", extra={"reason": str(error)})


@asynccontextmanager
async def _beside(services: Services, health: RecoveryHealth) -> AsyncIterator[None]:
    """Recovery and maintenance, as long as the context is open."""
    jobs, settings = services.jobs, services.settings
    tasks = [
        asyncio.create_task(
            recover_forever(jobs, services.queue, settings=settings, health=health)
        ),
        asyncio.create_task(maintain_forever(jobs, services.storage, settings=settings)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
