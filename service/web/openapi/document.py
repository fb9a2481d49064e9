"""The OpenAPI document of all that is served under /v1, and beside it."""

from collections.abc import Iterable, Mapping
from typing import Any

from service.web.access.authenticate import COOKIE, SAFE_METHODS
from service.web.openapi.described import (
    coco,
    jobs,
    results,
    service,
    session,
    summary,
    values,
    videos,
)
from service.web.openapi.operation import Operation
from service.web.openapi.problems import SCHEMAS as PROBLEM_SCHEMAS
from service.web.openapi.problems import problems_of
from service.web.openapi.route import Route

VERSION = "1"
_TAGS = {
    videos.TAG: "Submit a video, wait for its job, fetch what was found.",
    jobs.TAG: "All the jobs there are.",
    jobs.SEARCH.tag: "Where something can be read, in every video.",
    session.TAG: "A page's token, kept by the browser.",
    service.TAG: "The service itself.",
}
_ABOUT = """\
Post an MP4, get a `job_id` at once, ask for its status until the job is completed, fetch what is \
in the video and what can be read in it, frame by frame.

Everything under `/v1/video` is served under `/video` too. Where the service asks for tokens, \
every request but those for `/livez`, `/readyz` and this document carries one; a job belongs to \
the token that submitted it, and is not found with another. HEAD goes with every GET. Errors are \
`application/problem+json` (RFC 9457) with a `code` for programs; an unknown URL gets 404 \
`not_found`, a method that it does not have 405 `method_not_allowed`. Every response carries \
`X-Request-ID`, yours where you sent one of 8 to 64 letters, digits and hyphens."""

_SECURITY_SCHEMES: Mapping[str, Mapping[str, str]] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "`Authorization: Bearer TOKEN`, as `forgesyte tokens create NAME` gave it.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The cookie of `POST /v1/session`, for pages; of no use to another site's.",
    },
    service.METRICS.scheme: {
        "type": "http",
        "scheme": "bearer",
        "description": "`Authorization: Bearer TOKEN`, as the operator has set it for metrics.",
    },
}


def openapi_document(routes: Iterable[Route]) -> dict[str, Any]:
    """The document; a route that is served under a second path stands there once."""
    served = list(routes)
    all_paths = {route.path for route in served}
    paths: dict[str, dict[str, Any]] = {}
    for route in served:
        if f"/v1{route.path}" not in all_paths:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    groups = (values, videos, results, coco, summary, jobs, session, service)
    schemas = {name: schema for group in groups for name, schema in group.SCHEMAS.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "ForgeSyte video jobs", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": told} for name, told in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {**schemas, **PROBLEM_SCHEMAS},
            "securitySchemes": _SECURITY_SCHEMES,
        },
        "security": [{"token": []}, {"session": []}],
    }


def _operation(route: Route) -> dict[str, Any]:
    told: Operation = route.operation
    problems = problems_of(told, is_change=route.method not in SAFE_METHODS)
    responses = {str(status): given for status, given in told.responses.items()}
    document: dict[str, Any] = {
        "operationId": told.operation_id,
        "tags": [told.tag],
        "summary": told.summary,
        "description": told.description,
        "parameters": list(told.parameters),
        "responses": {**responses, **problems},
    }
    if told.is_open:
        document["security"] = []
    if told.scheme:
        document["security"] = [{told.scheme: []}]
    if told.body is not None:
        document["requestBody"] = told.body
    return document
