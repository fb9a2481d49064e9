"""A schema in a few words of HTML."""

import html
import json

from service.web.openapi.operation import Schema

_PREFIX = "#/components/schemas/"


def type_of(schema: Schema) -> str:
    """What a value of this schema is; values with a name of their own are links."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_PREFIX)
        return f'<a href="#value-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(map(type_of, schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(f"<code>{html.escape(str(each))}</code>" for each in schema["enum"])
    return _plain(schema)


def _plain(schema: Schema) -> str:
    if schema.get("type") == "array":
        return f"list of {type_of(schema['items'])}"
    if schema.get("type") == "object":
        return _object(schema)
    named = schema.get("type", [])
    kinds = [named] if isinstance(named, str) else list(named)
    return " or ".join(kinds) + _bounds(schema)


def _object(schema: Schema) -> str:
    if "properties" in schema:
        members = (
            f"<code>{name}</code>: {type_of(of)}" for name, of in schema["properties"].items()
        )
        return f"object with {', '.join(members)}"
    of = schema.get("additionalProperties")
    return f"object of {type_of(of)} by name" if isinstance(of, dict) else "object"


def _bounds(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    words = [schema.get("format", "")]
    if most is not None:
        words.append(f"from {least or 0} to {most}")
    elif least:
        words.append(f"from {least}")
    if "default" in schema:
        words.append(f"{html.escape(json.dumps(schema['default']))} by default")
    return "".join(f", {word}" for word in words if word)
