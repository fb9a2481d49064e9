"""What web serves and answers, as JSON for the documents: `python -m service.web.describe`."""

import json
import sys
from typing import Any

from aiohttp import hdrs, web

from config.failures import RETRYABLE
from service.jobs.model import TRANSITIONS
from service.web.problems import PROBLEMS, UNEXPECTED
from service.web.routes import add_routes


def describe() -> dict[str, Any]:
    """The running tables: routes, problems, error codes of failed jobs, moves between statuses."""
    return {
        "routes": _routes(),
        "problems": [
            {"status": kind.status, "code": kind.code, "title": kind.title}
            for kind in PROBLEMS.values()
            if kind != UNEXPECTED
        ],
        "error_codes": {code.value: again for code, again in RETRYABLE.items()},
        "transitions": {
            status.value: sorted(target.value for target in targets)
            for status, targets in TRANSITIONS.items()
        },
    }


def _routes() -> list[dict[str, str]]:
    app = web.Application()
    add_routes(app)
    return [
        {
            "method": route.method,
            "path": route.resource.canonical,
            "does": (route.handler.__doc__ or "").partition("\n")[0],
        }
        for route in app.router.routes()
        if route.method != hdrs.METH_HEAD and route.resource is not None
    ]


if __name__ == "__main__":
    json.dump(describe(), sys.stdout, indent=2)
