"""The problems that a route may answer with, as responses."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Any

from service.web.health import NOT_READY
from service.web.openapi.described.service import NOT_READY_MEMBERS
from service.web.openapi.operation import (
    OF_CHANGES,
    OF_EVERY_REQUEST,
    OF_GUARDED,
    Operation,
    Schema,
    header,
    object_of,
    ref,
    value,
)
from service.web.problems import CONTENT_TYPE, PROBLEMS, UNEXPECTED, Kind
from service.web.server import MALFORMED, UNKNOWN_EXPECTATION
from service.web.source import NOT_SATISFIABLE

_OTHERS = (UNEXPECTED, NOT_READY, NOT_SATISFIABLE, MALFORMED, UNKNOWN_EXPECTATION)
# A code stands under the title of its first row.
_KINDS = {kind.code: kind for kind in reversed((*PROBLEMS.values(), *_OTHERS))}
_MEMBERS: Mapping[str, Schema] = {
    "type": value("string", "Names the kind of problem.", format="uri"),
    "title": value("string", "What it is, for people."),
    "status": value("integer", "The status of the response."),
    "detail": value("string", "What is wrong this time, and what to do."),
    "code": value("string", "What it is, for programs."),
    "request_id": value("string", "What the operator finds the request by, as X-Request-ID."),
}
SCHEMAS: Mapping[str, Schema] = MappingProxyType(
    {"Problem": object_of(_MEMBERS), "NotReady": object_of({**_MEMBERS, **NOT_READY_MEMBERS})}
)
_AGAIN = {"Retry-After": header("Seconds after which to ask again.", pattern="^[0-9]+$")}
_HEADERS: Mapping[int, Mapping[str, Any]] = MappingProxyType(
    {
        401: {"WWW-Authenticate": header("`Bearer`: how to send a token.", pattern="^Bearer ")},
        429: _AGAIN,
        503: _AGAIN,
    }
)


def problems_of(operation: Operation, *, is_change: bool) -> dict[str, Mapping[str, Any]]:
    """Response Objects by status; is_change: its method is none that is safe."""
    guarded = () if operation.is_open else OF_GUARDED + OF_CHANGES * is_change
    codes = dict.fromkeys((*operation.problems, *guarded, *OF_EVERY_REQUEST))
    kinds = [_KINDS[code] for code in codes]
    kinds.sort(key=_status)
    return {
        str(status): _response(status, list(same)) for status, same in groupby(kinds, key=_status)
    }


def _status(kind: Kind) -> int:
    return kind.status


def _response(status: int, kinds: Iterable[Kind]) -> Mapping[str, Any]:
    codes = [kind.code for kind in kinds]
    schema = ref("NotReady" if NOT_READY.code in codes else "Problem")
    # OpenAPI 3.1 lets a $ref have siblings; tools that do not know that read allOf.
    narrowed = {"allOf": [schema], "properties": {"code": {"enum": codes}}}
    return {
        "description": "; ".join(f"`{kind.code}`: {kind.title}" for kind in kinds),
        **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        "content": {CONTENT_TYPE: {"schema": narrowed}},
    }
