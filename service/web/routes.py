"""The whole URL map."""

from aiohttp import web

from service.web.health import show_alive, show_ready
from service.web.jobs import show_status, show_summary
from service.web.pipelines import show_pipelines
from service.web.results import send_results
from service.web.submit import submit_video

VIDEO_PREFIXES = ("/v1/video", "/video")


def add_routes(app: web.Application) -> None:
    """Serve everything there is; HEAD goes with every GET."""
    app.router.add_get("/livez", show_alive)
    app.router.add_get("/readyz", show_ready)
    app.router.add_get("/v1/pipelines", show_pipelines)
    for prefix in VIDEO_PREFIXES:
        app.router.add_post(f"{prefix}/submit", submit_video)
        app.router.add_get(f"{prefix}/status/{{job_id}}", show_status)
        app.router.add_get(f"{prefix}/results/{{job_id}}", send_results)
        app.router.add_get(f"{prefix}/summary/{{job_id}}", show_summary)
