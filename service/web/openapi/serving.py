"""GET openapi.json and docs: the document for programs, and for people."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from aiohttp import web

from service.web.openapi.document import openapi_document
from service.web.openapi.page import POLICY, html_page
from service.web.openapi.route import Route
from service.web.responses import cache_headers, is_cached, json_response, not_modified


@dataclass(frozen=True, slots=True)
class Described:
    """The document of an application, and its page."""

    document: dict[str, Any]
    page: bytes

    @classmethod
    def of(cls, routes: Iterable[Route]) -> Self:
        """What these routes are described as."""
        document = openapi_document(routes)
        return cls(document, html_page(document).encode())


DESCRIBED = web.AppKey("DESCRIBED", Described)


async def show_openapi(request: web.Request) -> web.Response:
    """The OpenAPI document."""
    return json_response(request, request.app[DESCRIBED].document)


async def show_docs(request: web.Request) -> web.Response:
    """The same as a page, which runs no script and loads nothing."""
    page = request.app[DESCRIBED].page
    etag = sha256(page).hexdigest()
    if is_cached(request, etag):
        return not_modified(etag)
    headers = {**cache_headers(etag), "Content-Security-Policy": POLICY}
    return web.Response(body=page, content_type="text/html", charset="utf-8", headers=headers)
