"""JSON responses that a client may cache and revalidate."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import hdrs, web


def json_response(request: web.Request, document: Mapping[str, Any]) -> web.Response:
    """200 with an ETag of the document's bytes, or 304 when the client has just these."""
    body = json.dumps(document).encode()
    etag = _etag(body)
    if is_cached(request, etag):
        return not_modified(etag)
    return web.Response(body=body, content_type="application/json", headers=cache_headers(etag))


def is_current(request: web.Request, document: Mapping[str, Any]) -> bool:
    """Whether the client has just this document."""
    return is_cached(request, _etag(json.dumps(document).encode()))


def is_cached(request: web.Request, etag: str) -> bool:
    """Whether If-None-Match names this tag (RFC 9110, section 13.1.2: compared weakly)."""
    known = request.if_none_match or ()
    return any(tag.value in (etag, "*") for tag in known)


def not_modified(etag: str) -> web.Response:
    """304: what the client has cached is still valid."""
    return web.Response(status=304, headers=cache_headers(etag))


def cache_headers(etag: str) -> dict[str, str]:
    """Headers that let a client cache the response, and make it revalidate before each use."""
    return {hdrs.ETAG: f'"{etag}"', hdrs.CACHE_CONTROL: "private, no-cache"}


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC, microseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _etag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
