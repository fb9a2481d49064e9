"""Metrics as web serves them, and the counting of its requests."""

import time

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from service.errors import Unauthorized
from service.metrics.serving import may_read, metrics_response
from service.metrics.web import WebMetrics
from service.services import SERVICES

METRICS = web.AppKey("METRICS", WebMetrics)
OTHER = "other"
ABORTED = "aborted"


@web.middleware
async def count_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the request by its route as that was added, never by what the client wrote."""
    resource = request.match_info.route.resource
    status, began = ABORTED, time.perf_counter()
    try:
        response = await handler(request)
        status = str(response.status)
        return response
    finally:
        request.app[METRICS].count_request(
            method=OTHER if resource is None else request.method,
            route=OTHER if resource is None else resource.canonical,
            status=status,
            seconds=time.perf_counter() - began,
        )


async def show_metrics(request: web.Request) -> web.Response:
    """This process's metrics, and what is known of all; raises Unauthorized."""
    services, metrics = request.app[SERVICES], request.app[METRICS]
    token = services.settings.metrics_token
    is_closed = services.settings.auth_required and not token
    if is_closed or not may_read(request, token):
        raise Unauthorized(
            f"send what FORGESYTE_METRICS_TOKEN is, as `{hdrs.AUTHORIZATION}: Bearer TOKEN`; "
            "without it nobody may read them where API tokens are asked for"
        )
    await metrics.figures.refresh(services)
    return metrics_response(metrics.registry)
