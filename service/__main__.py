"""Web's root: settings, application, server; `python -m service`."""

import logging
import os
import sys

from aiohttp import web

from config.graph import GraphError
from config.settings import Settings, SettingsError
from service.app import create_app
from service.jobs.errors import SchemaOutdated
from service.logs import set_up_logging
from service.web.requests import AccessLog
from service.wiring import open_services

CANNOT_START = 2
# Platforms kill 30 seconds after they asked.
SHUTDOWN_SECONDS = 20.0

log = logging.getLogger("service")


def main() -> int:
    """Serve until SIGINT or SIGTERM; 2 and one line on standard error when it cannot start."""
    try:
        _serve(Settings.from_env(os.environ))
    except (SettingsError, GraphError, SchemaOutdated, OSError) as error:
        sys.stderr.write(f"web cannot start: {error}\n")
        return CANNOT_START
    return 0


def _serve(settings: Settings) -> None:
    set_up_logging(settings.log_format)
    web.run_app(
        create_app(lambda: open_services(settings)),
        host=settings.host,
        port=settings.port,
        shutdown_timeout=SHUTDOWN_SECONDS,
        access_log=log,
        access_log_class=AccessLog,
        print=lambda _: log.info(
            "web listens", extra={"host": settings.host, "port": settings.port}
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
