"""Metrics over HTTP: who may read them, and a port of their own where there is no other."""

import asyncio
import logging
from hmac import compare_digest

from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from config.settings import Settings

PATH = "/metrics"
RETRY_SECONDS = 15.0

log = logging.getLogger(__name__)


def metrics_response(registry: CollectorRegistry) -> web.Response:
    """All there is, in the text format of Prometheus."""
    return web.Response(
        body=generate_latest(registry), headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_PLAIN_0_0_4}
    )


def may_read(request: web.Request, token: str) -> bool:
    """Whether the request carries this token (RFC 6750); True where none is set.

    It is no API token: those are read from the database, and metrics are wanted most when that
    is away.
    """
    given = request.headers.get(hdrs.AUTHORIZATION, "")
    return not token or compare_digest(_bytes(given), _bytes(f"Bearer {token}"))


async def serve_metrics_forever(registry: CollectorRegistry, settings: Settings) -> None:
    """Serve a worker's metrics until cancelled; nothing where no port is set.

    A port that is taken is tried again: the worker that goes may have it still.
    """
    if not settings.metrics_port:
        return
    runner = web.AppRunner(_app(registry, settings.metrics_token), access_log=None)
    await runner.setup()
    try:
        await _listen(runner, settings)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def _app(registry: CollectorRegistry, token: str) -> web.Application:
    async def show(request: web.Request) -> web.Response:
        if not may_read(request, token):
            raise web.HTTPUnauthorized(headers={hdrs.WWW_AUTHENTICATE: "Bearer"})
        return metrics_response(registry)

    app = web.Application()
    app.router.add_get(PATH, show)
    return app


async def _listen(runner: web.AppRunner, settings: Settings) -> None:
    where = {"host": settings.metrics_host, "port": settings.metrics_port}
    while True:
        site = web.TCPSite(runner, settings.metrics_host, settings.metrics_port)
        try:
            await site.start()
        except OSError as error:
            log.warning("metrics not served", extra=where | {"reason": error.strerror})
            await asyncio.sleep(RETRY_SECONDS)
        else:
            log.info("metrics served", extra=where)
            return


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
