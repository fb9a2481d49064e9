"""What web serves, as JSON for the documents: `python -m service.web.describe`."""

import json
import sys
from http import HTTPStatus
from typing import Any

from config.failures import RETRYABLE
from service.jobs.model import TRANSITIONS
from service.web.problems import PROBLEMS, UNEXPECTED
from service.web.routes import ROUTES

_STATUSES = frozenset(map(int, HTTPStatus))


def describe() -> dict[str, Any]:
    """The running tables: routes, problems, error codes of failed jobs, moves between statuses."""
    return {
        "routes": [
            {"method": route.method, "path": route.path, "summary": route.operation.summary}
            for route in ROUTES
        ],
        "problems": _problems(),
        "error_codes": {code.value: again for code, again in RETRYABLE.items()},
        "transitions": {
            status.value: sorted(target.value for target in targets)
            for status, targets in TRANSITIONS.items()
        },
    }


def _problems() -> list[dict[str, Any]]:
    """Every code once, under the title of its first row."""
    rows: dict[str, dict[str, Any]] = {}
    for kind in PROBLEMS.values():
        # What is no status of HTTP stands in the log alone: its client is gone.
        if kind.code != UNEXPECTED.code and kind.status in _STATUSES:
            row = {"status": kind.status, "code": kind.code, "title": kind.title}
            rows.setdefault(kind.code, row)
    return list(rows.values())


if __name__ == "__main__":
    json.dump(describe(), sys.stdout, indent=2)
