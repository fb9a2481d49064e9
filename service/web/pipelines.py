"""GET pipelines: what a video can be analysed with."""

from aiohttp import web

from config.graph import DEFAULT_PIPELINE, unset_for
from service.services import SERVICES
from service.web.responses import json_response


async def show_pipelines(request: web.Request) -> web.Response:
    """Every pipeline a submission may name."""
    services = request.app[SERVICES]
    pipelines = [
        {
            "pipeline_id": graph.pipeline_id,
            "description": graph.description,
            "default": graph.pipeline_id == DEFAULT_PIPELINE,
        }
        for graph in services.pipelines.values()
        if unset_for(graph, services.settings) is None
    ]
    return json_response(request, {"pipelines": pipelines})
