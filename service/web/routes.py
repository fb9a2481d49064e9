"""The whole URL map."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from aiohttp import hdrs, web

from service.web.catalog.listing import list_jobs, show_job
from service.web.catalog.removal import delete_job
from service.web.catalog.search import search_texts
from service.web.health import show_alive, show_ready
from service.web.jobs import show_status, show_summary
from service.web.page import send_service_worker, send_static, show_page
from service.web.pipelines import show_pipelines
from service.web.results import send_results
from service.web.source import send_source
from service.web.submit import submit_video

VIDEO_PREFIXES = ("/v1/video", "/video")


@dataclass(frozen=True, slots=True)
class Route:
    """What is served at a path; summary is what the public documents say of it."""

    method: str
    path: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    summary: str


_VIDEO_ROUTES = (
    Route("POST", "/submit", submit_video, "Submit a video; 202 once it cannot be lost any more"),
    Route("GET", "/status/{job_id}", show_status, "Status and progress; of a failed job, why"),
    Route("GET", "/results/{job_id}", send_results, "Results of a completed job, frame by frame"),
    Route("GET", "/summary/{job_id}", show_summary, "What was found in the whole video, and how"),
    Route("GET", "/source/{job_id}", send_source, "The video as it came, also in ranges of bytes"),
)
ROUTES = (
    Route("GET", "/livez", show_alive, "200 while the process runs; checks no dependency"),
    Route("GET", "/readyz", show_ready, "200 while videos are accepted, 503 otherwise"),
    Route("GET", "/v1/jobs", list_jobs, "All jobs, newest first, page by page"),
    Route("GET", "/v1/jobs/{job_id}", show_job, "A job with its attempts and place in the queue"),
    Route("DELETE", "/v1/jobs/{job_id}", delete_job, "Cancel and remove a job with its files"),
    Route("GET", "/v1/search", search_texts, "Where a text can be read, in every video"),
    Route("GET", "/v1/pipelines", show_pipelines, "The pipelines that a submission may name"),
    *(
        replace(route, path=prefix + route.path)
        for prefix in VIDEO_PREFIXES
        for route in _VIDEO_ROUTES
    ),
)


def add_routes(app: web.Application) -> None:
    """Serve everything there is; HEAD goes with every GET."""
    app.router.add_get("/", show_page)
    app.router.add_get("/service-worker.js", send_service_worker)
    app.router.add_get("/static/{version}/{path:.+}", send_static)
    for route in ROUTES:
        if route.method == hdrs.METH_GET:
            app.router.add_get(route.path, route.handler)
        else:
            app.router.add_route(route.method, route.path, route.handler)
