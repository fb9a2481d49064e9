"""What is said of a route, in the terms of OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
# What any request may meet, whatever it asks for.
OF_EVERY_REQUEST = ("bad_request", "expectation_failed")
# What a route that takes a token may meet besides, and one of those that changes something.
OF_GUARDED = ("unauthorized",)
OF_CHANGES = ("cross_origin",)
# What a route that asks the database may meet besides, and one that reads or writes jobs.
OF_DATABASE = ("internal_error", "database_unavailable")
OF_JOBS = (*OF_DATABASE, "too_many_files")


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route takes and gives.

    operation_id: its name for programs. summary: a line for lists. responses: Response Objects by
    status, without problems. problems: the codes it may answer with besides OF_EVERY_REQUEST.
    parameters: Parameter Objects. body: a Request Body Object. is_open: it takes no token.
    scheme: a Security Scheme of its own.
    """

    operation_id: str
    tag: str
    summary: str
    description: str
    responses: Mapping[int, Mapping[str, Any]]
    problems: tuple[str, ...] = ()
    parameters: tuple[Mapping[str, Any], ...] = ()
    body: Mapping[str, Any] | None = None
    is_open: bool = False
    scheme: str = ""


def ref(name: str) -> Schema:
    """The schema that stands under this name among the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(
    properties: Mapping[str, Schema], *, optional: Collection[str] = (), description: str = ""
) -> Schema:
    """An object with these members and no other."""
    described = {"description": description} if description else {}
    return {
        "type": "object",
        **described,
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def list_of(items: Schema, description: str, **more: Any) -> Schema:
    """An array of such items."""
    return {"type": "array", "description": description, "items": items, **more}


def value(kind: str | list[str], description: str, **more: Any) -> Schema:
    """A value of a JSON type, or of one of some."""
    return {"type": kind, "description": description, **more}


def count(description: str, **more: Any) -> Schema:
    """A whole number that is never negative."""
    return value("integer", description, minimum=0, **more)


def sha256(description: str) -> Schema:
    """A SHA-256 in hexadecimal digits."""
    return value("string", description, pattern="^[0-9a-f]{64}$")


def page_of(item: str, what: str) -> Schema:
    """A page of a list."""
    cursor = "What `cursor` takes for the next page; null on the last one."
    return object_of(
        {
            "items": list_of(ref(item), what),
            "next_cursor": value(["string", "null"], cursor),
        }
    )


def answer(
    description: str,
    schema: Schema,
    example: Any,
    *,
    media_type: str = "application/json",
    headers: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    """A Response Object with one body."""
    content = {media_type: {"schema": schema, "example": example}}
    return {"description": description, **_headers(headers), "content": content}


def empty_answer(
    description: str, *, headers: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """A Response Object without a body."""
    return {"description": description, **_headers(headers)}


def header(description: str, **schema: Any) -> Mapping[str, Any]:
    """A Header Object that every such response carries."""
    return {
        "description": description,
        "required": True,
        "schema": {"type": "string", **schema},
    }


def parameter(
    where: str, name: str, description: str, schema: Schema, **more: Any
) -> Mapping[str, Any]:
    """A Parameter Object; where: path, query or header."""
    return {"name": name, "in": where, "description": description, "schema": schema, **more}


def _headers(headers: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return {"headers": headers} if headers else {}


JOB_ID = parameter(
    "path",
    "job_id",
    "The job's id, as the submission gave it.",
    {"type": "string", "format": "uuid"},
    required=True,
    example="0b5c3a52-6f2e-4f3f-9a55-6f6f6a1d2c3b",
)
LIMIT = parameter(
    "query",
    "limit",
    "How many items a page may have.",
    {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
)
CURSOR = parameter(
    "query",
    "cursor",
    "The `next_cursor` of the page before, as it is.",
    {"type": "string", "minLength": 1},
)
IF_NONE_MATCH = parameter(
    "header",
    "If-None-Match",
    "The `ETag` of what you have: 304 without a body while that has not changed.",
    {"type": "string"},
)
PREFER = parameter(
    "header",
    "Prefer",
    "`wait=N` (RFC 7240): answer when there is news, or after N seconds, at most 25. News is "
    "what `If-None-Match` does not name; without that, another status.",
    {"type": "string"},
)
ETAG = {"ETag": header("Names this state; `If-None-Match` takes it.")}
PREFERENCE_APPLIED = {
    "Preference-Applied": {
        "description": "The `wait=N` that was applied, where one was preferred.",
        "schema": {"type": "string"},
    }
}
NOT_MODIFIED = {304: empty_answer("Nothing has changed since that `ETag`.", headers=ETAG)}
