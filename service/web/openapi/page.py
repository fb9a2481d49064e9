"""The OpenAPI document as a page: no script, nothing loaded, readable in the dark."""

import hashlib
import html
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from service.web.openapi.operation import Schema
from service.web.openapi.types import type_of
from service.web.problems import CONTENT_TYPE

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_CODE = re.compile(r"`([^`]+)`")


def html_page(document: Mapping[str, Any]) -> str:
    """The whole page; whatever stands in the document is escaped."""
    info = document["info"]
    title = html.escape(info["title"])
    about = "".join(f"<p>{_told(part)}</p>" for part in info["description"].split("\n\n"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}: the API</title><style>{_STYLE}</style></head><body>"
        f"<header><h1>{title}: the API</h1>{about}"
        '<p><a href="/v1/openapi.json">The same as OpenAPI 3.1</a></p></header>'
        f'<nav aria-label="Routes">{"".join(_contents(document))}</nav>'
        f"<main>{''.join(_groups(document))}"
        f"<section><h2>Values</h2>{''.join(_schemas(document))}</section></main></body></html>"
    )


def _contents(document: Mapping[str, Any]) -> Iterator[str]:
    for tag in document["tags"]:
        yield f"<p>{html.escape(tag['name'])}</p><ul>"
        for method, path, told in _operations(document, tag["name"]):
            yield (
                f'<li><a href="#{told["operationId"]}">{_address(method, path)}</a> '
                f"{_told(told['summary'])}</li>"
            )
        yield "</ul>"


def _groups(document: Mapping[str, Any]) -> Iterator[str]:
    for tag in document["tags"]:
        yield f"<section><h2>{html.escape(tag['name'])}</h2><p>{_told(tag['description'])}</p>"
        for method, path, told in _operations(document, tag["name"]):
            yield f'<article id="{told["operationId"]}"><h3>{_address(method, path)}</h3>'
            yield f"<p>{_told(told['summary'])}.</p><p>{_told(told['description'])}</p>"
            yield from _parameters(told["parameters"])
            yield from _body(told.get("requestBody"))
            yield from _responses(told["responses"])
            yield "</article>"
        yield "</section>"


def _operations(
    document: Mapping[str, Any], tag: str
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            if tag in told["tags"]:
                yield method.upper(), path, told


def _address(method: str, path: str) -> str:
    return f'<span class="method">{method}</span><code>{html.escape(path)}</code>'


def _parameters(parameters: list[Mapping[str, Any]]) -> Iterator[str]:
    rows = [
        (
            f"<code>{html.escape(each['name'])}</code>",
            html.escape(each["in"]) + (", required" if each.get("required") else ""),
            type_of(each["schema"]),
            _told(each["description"]),
        )
        for each in parameters
    ]
    if rows:
        yield _table("Takes", ("name", "where", "type", "what it is"), rows)


def _body(body: Mapping[str, Any] | None) -> Iterator[str]:
    for media_type, content in (body or {"content": {}})["content"].items():
        yield f"<h4>Body: <code>{media_type}</code></h4>"
        if "properties" in content["schema"]:
            yield _fields(f"Fields of {media_type}", content["schema"])
        else:
            yield "<p>The bytes themselves.</p>"


def _responses(responses: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    problems = []
    for status, response in responses.items():
        if CONTENT_TYPE in response.get("content", {}):
            (schema,) = response["content"][CONTENT_TYPE]["schema"]["allOf"]
            problems.append((status, _told(response["description"]), type_of(schema)))
        else:
            yield from _response(status, response)
    yield _table("Problems", ("status", "code", "type"), problems)


def _response(status: str, response: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h4>{status}</h4><p>{_told(response['description'])}</p>"
    headers = response.get("headers", {})
    if headers:
        rows = [
            (f"<code>{name}</code>", _told(each["description"])) for name, each in headers.items()
        ]
        yield _table("Headers", ("name", "what it is"), rows)
    for media_type, content in response.get("content", {}).items():
        schema = content.get("schema", {})
        yield f'<p class="quiet"><code>{media_type}</code> {type_of(schema)}</p>'
        named = {name: each["value"] for name, each in content.get("examples", {}).items()}
        examples = [*named.values(), *([content["example"]] if "example" in content else [])]
        yield from map(_example, examples)


def _example(example: Any) -> str:
    shown = example if isinstance(example, str) else json.dumps(example, indent=2)
    return f'<pre tabindex="0"><code>{html.escape(shown)}</code></pre>'


def _schemas(document: Mapping[str, Any]) -> Iterator[str]:
    for name, schema in document["components"]["schemas"].items():
        yield f'<article id="value-{name}"><h3>{name}</h3>'
        if "description" in schema:
            yield f"<p>{_told(schema['description'])}</p>"
        yield f"{_fields(f'Members of {name}', schema)}</article>"


def _fields(caption: str, schema: Schema) -> str:
    rows = [
        (
            f"<code>{html.escape(name)}</code>",
            type_of(field) + ("" if name in schema["required"] else ", not always there"),
            _told(field.get("description", "")),
        )
        for name, field in schema["properties"].items()
    ]
    return _table(caption, ("member", "type", "what it is"), rows)


def _table(caption: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    headings = "".join(f'<th scope="col">{each}</th>' for each in head)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="wide" role="region" aria-label="{html.escape(caption)}" tabindex="0"><table>'
        f"<caption>{html.escape(caption)}</caption>"
        f"<thead><tr>{headings}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _told(text: str) -> str:
    """A sentence, with what stands in backticks as code."""
    return _CODE.sub(r"<code>\1</code>", html.escape(text))
