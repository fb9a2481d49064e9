"""Web's root: settings, application, server; `python -m service`."""

import asyncio
import logging
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from config.graph import GraphError
from config.settings import Settings, SettingsError
from service.app import create_app
from service.errors import QueueUnavailable, SchemaOutdated
from service.jobs.operations.base import Role
from service.logs import set_up_logging
from service.presence import announce_forever, process_name
from service.queue.base import QueueService
from service.services import SERVICES, Services
from service.web.requests import AccessLog
from service.web.server import LoopErrors, WebRunner
from service.wiring import open_services

CANNOT_START = 2
# Platforms kill 30 seconds after they asked.
SHUTDOWN_SECONDS = 20.0

log = logging.getLogger("service")


def main() -> int:
    """Serve until SIGINT or SIGTERM; 2 and one line on standard error when it cannot start."""
    try:
        settings = Settings.from_env(os.environ)
        set_up_logging(settings.log_format)
        _raise_file_limit()
        asyncio.run(_serve(settings))
    except (SettingsError, GraphError, SchemaOutdated, OSError) as error:
        sys.stderr.write(f"web cannot start: {error}\n")
        return CANNOT_START
    return 0


def _raise_file_limit() -> None:
    """Use as many descriptors as the operator allows: an upload takes two.

    The soft limit is low for the sake of select(2) alone, which nothing here uses.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _serve(settings: Settings) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(LoopErrors())
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stopped.set)
    app = create_app(lambda: open_services(settings))
    runner = WebRunner(
        app,
        shutdown_timeout=SHUTDOWN_SECONDS,
        access_log=log,
        access_log_class=AccessLog,
    )
    await runner.setup()
    try:
        async with _announced(app[SERVICES]):
            await _listen(runner, settings)
            await _tell_of_queue(app[SERVICES].queue)
            await stopped.wait()
    finally:
        await runner.cleanup()


async def _listen(runner: WebRunner, settings: Settings) -> None:
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        raise SettingsError(
            f"PORT={settings.port}, FORGESYTE_HOST={settings.host}: {error.strerror or error}"
        ) from error
    log.info("web listens", extra={"host": settings.host, "port": settings.port})


async def _tell_of_queue(queue: QueueService) -> None:
    """Say at the start that Redis is away: until it comes, jobs wait for the workers' polling."""
    try:
        await queue.size()
    except QueueUnavailable as error:
        log.warning("queue unavailable at the start", extra={"reason": str(error)})


@asynccontextmanager
async def _announced(services: Services) -> AsyncIterator[None]:
    """Workers find this process's storage as long as the context is open."""
    announcing = asyncio.create_task(
        announce_forever(
            services.jobs,
            services.storage,
            process=process_name(),
            role=Role.WEB,
            lease_seconds=services.settings.lease_seconds,
        )
    )
    try:
        yield
    finally:
        announcing.cancel()
        await asyncio.wait([announcing])


if __name__ == "__main__":
    sys.exit(main())
