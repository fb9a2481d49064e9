"""The whole URL map."""

from dataclasses import replace

from aiohttp import hdrs, web

from service.metrics.serving import PATH as METRICS_PATH
from service.web.access.authenticate import OPEN_PATHS
from service.web.access.session import begin_session, end_session, show_session
from service.web.catalog.listing import list_jobs, show_job
from service.web.catalog.removal import delete_job
from service.web.catalog.search import search_texts
from service.web.health import show_alive, show_ready
from service.web.jobs import show_status, show_summary
from service.web.metrics import show_metrics
from service.web.openapi.described import jobs, results, service, session, summary, videos
from service.web.openapi.route import Route
from service.web.openapi.serving import DESCRIBED, Described, show_docs, show_openapi
from service.web.page import send_static, show_page
from service.web.pipelines import show_pipelines
from service.web.results import send_results
from service.web.source import send_source
from service.web.submit import submit_video

# The page is open, and empty until there is a token.
PAGE_PATHS = ("/", "/static/{version}/{path}")
VIDEO_PREFIXES = ("/v1/video", "/video")

_VIDEO_ROUTES = (
    Route("POST", "/submit", submit_video, videos.SUBMIT),
    Route("GET", "/status/{job_id}", show_status, videos.STATUS),
    Route("GET", "/results/{job_id}", send_results, results.SEND),
    Route("GET", "/summary/{job_id}", show_summary, summary.SHOW),
    Route("GET", "/source/{job_id}", send_source, videos.SOURCE),
)
ROUTES = (
    Route("GET", "/livez", show_alive, service.ALIVE),
    Route("GET", "/readyz", show_ready, service.READY),
    Route("GET", METRICS_PATH, show_metrics, service.METRICS),
    Route("GET", "/v1/jobs", list_jobs, jobs.LIST),
    Route("GET", "/v1/jobs/{job_id}", show_job, jobs.DETAIL),
    Route("DELETE", "/v1/jobs/{job_id}", delete_job, jobs.DELETE),
    Route("GET", "/v1/search", search_texts, jobs.SEARCH),
    Route("GET", "/v1/pipelines", show_pipelines, service.PIPELINES),
    Route("GET", "/v1/session", show_session, session.SHOW),
    Route("POST", "/v1/session", begin_session, session.BEGIN),
    Route("DELETE", "/v1/session", end_session, session.END),
    Route("GET", "/v1/openapi.json", show_openapi, service.OPENAPI),
    Route("GET", "/docs", show_docs, service.DOCS),
    *(
        replace(route, path=prefix + route.path)
        for prefix in VIDEO_PREFIXES
        for route in _VIDEO_ROUTES
    ),
)


def add_routes(app: web.Application) -> None:
    """Serve everything there is; HEAD goes with every GET."""
    app.router.add_get("/", show_page)
    app.router.add_get("/static/{version}/{path:.+}", send_static)
    app[DESCRIBED] = Described.of(ROUTES)
    app[OPEN_PATHS] = frozenset(
        {METRICS_PATH, *PAGE_PATHS, *(route.path for route in ROUTES if route.operation.is_open)}
    )
    for route in ROUTES:
        if route.method == hdrs.METH_GET:
            app.router.add_get(route.path, route.handler)
        else:
            app.router.add_route(route.method, route.path, route.handler)
