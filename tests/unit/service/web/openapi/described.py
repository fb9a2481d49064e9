"""The document as a client reads it, and what of it a real answer meets."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import ClientResponse
from jsonschema import Draft202012Validator

from service.web.openapi.document import openapi_document
from service.web.routes import ROUTES

DOCUMENT: dict[str, Any] = json.loads(json.dumps(openapi_document(ROUTES)))
COMPONENTS = DOCUMENT["components"]
OPERATIONS: Mapping[str, Mapping[str, Any]] = {
    told["operationId"]: {**told, "method": method.upper(), "path": path}
    for path, methods in DOCUMENT["paths"].items()
    for method, told in methods.items()
}


def response_of(operation_id: str, status: int) -> Mapping[str, Any]:
    """What is said of this answer; KeyError where nothing is."""
    response: Mapping[str, Any] = OPERATIONS[operation_id]["responses"][str(status)]
    return response


def schema_of(operation_id: str, status: int, media_type: str) -> Mapping[str, Any]:
    schema: Mapping[str, Any]
    schema = response_of(operation_id, status)["content"][media_type].get("schema", {})
    return schema


def is_problem(response: Mapping[str, Any]) -> bool:
    return "application/problem+json" in response.get("content", {})


def faults(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """What in a value is not as its schema says."""
    validator = Draft202012Validator(
        {**schema, "components": COMPONENTS},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


async def content(answer: ClientResponse) -> Any:
    """An answer's body: JSON as it is parsed, everything else as text, None where there is none."""
    if not await answer.read() or answer.content_type.startswith("video/"):
        return None
    if answer.content_type.endswith("json") and answer.content_type != "application/x-ndjson":
        return await answer.json(content_type=None)
    return await answer.text()


def named(schema: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Every member that a schema names, by the component it stands in."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from named(COMPONENTS["schemas"][name], name)
    for member, below in schema.get("properties", {}).items():
        yield f"{at}.{member}"
        yield from named(below, f"{at}.{member}")
    for below in _below(schema):
        yield from named(below, at)


def met(value: Any, schema: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Those of them that a value has."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from met(value, COMPONENTS["schemas"][name], name)
    for choice in schema.get("anyOf", ()):
        if not faults(value, choice):
            yield from met(value, choice, at)
    if isinstance(value, list):
        for item in value:
            yield from met(item, schema.get("items", {}), at)
    if isinstance(value, dict):
        for member, inside in value.items():
            below = schema.get("properties", {}).get(member)
            if below is not None:
                yield f"{at}.{member}"
                yield from met(inside, below, f"{at}.{member}")
            elif isinstance(schema.get("additionalProperties"), dict):
                yield from met(inside, schema["additionalProperties"], at)


def _below(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from schema.get("anyOf", ())
    for inside in ("items", "additionalProperties"):
        if isinstance(schema.get(inside), dict):
            yield schema[inside]
