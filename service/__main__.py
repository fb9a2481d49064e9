"""Web's root: settings, application, server; `python -m service`."""

import asyncio
import logging
import os
import resource
import signal
import sys

from aiohttp import web

from config.graph import GraphError
from config.settings import Settings, SettingsError
from service.app import create_app
from service.errors import SchemaOutdated
from service.logs import set_up_logging
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
    runner = WebRunner(
        create_app(lambda: open_services(settings)),
        shutdown_timeout=SHUTDOWN_SECONDS,
        access_log=log,
        access_log_class=AccessLog,
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
        except OSError as error:
            raise SettingsError(
                f"PORT={settings.port}, FORGESYTE_HOST={settings.host}: {error.strerror or error}"
            ) from error
        log.info("web listens", extra={"host": settings.host, "port": settings.port})
        await stopped.wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    sys.exit(main())
