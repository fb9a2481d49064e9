"""GET / and what it loads: the page's files, as the package has them."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from aiohttp import hdrs, web

from service.web.responses import cache_headers, is_cached

STATIC = Path(__file__).parent / "static"
SAMPLE = Path(__file__).parents[1] / "cli" / "sample" / "sample.mp4"
INDEX = "index.html"
NO_MODULES = frozenset({"core/first-paint.js"})
PREFIX = "/static/"
FOREVER = "public, max-age=31536000, immutable"
# Nothing inline and nothing foreign: what a video says can become no script, whatever it says.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        hdrs.VARY: "Accept-Encoding",
    }
)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the page, ready to be sent."""

    body: bytes
    gzipped: bytes
    content_type: str
    etag: str


async def show_page(request: web.Request) -> web.Response:
    """The page."""
    return _send(request, _site().index, "no-cache")


async def send_static(request: web.Request) -> web.StreamResponse:
    """A file of the page; one asked for under this version's name never changes."""
    path, site = request.match_info["path"], _site()
    current = request.match_info["version"] == site.version
    if path == SAMPLE.name:
        return web.FileResponse(SAMPLE)
    if path not in site.assets:
        raise web.HTTPNotFound
    # While a new release starts, an older process may be asked for the newer files.
    kept = FOREVER if current else "no-cache"
    return _send(request, site.assets[path], kept)


@dataclass(frozen=True, slots=True)
class _Site:
    version: str
    index: Asset
    assets: Mapping[str, Asset]


@cache
def _site() -> _Site:
    files = {
        path.relative_to(STATIC).as_posix(): path.read_bytes()
        for path in sorted(STATIC.rglob("*"))
        if path.is_file()
    }
    version = hashlib.sha256(b"".join(files.values())).hexdigest()[:12]
    modules = "".join(
        f'  <link rel="modulepreload" href="{PREFIX}{name}">\n'
        for name in files
        if name.endswith(".js") and name not in NO_MODULES
    )
    # Preloaded, modules come at once and not one import after the other.
    page = files.pop(INDEX).decode().replace("</head>", f"{modules}</head>")
    index = page.replace(PREFIX, f"{PREFIX}{version}/").encode()
    assets = {name: _asset(name, body) for name, body in files.items()}
    return _Site(version, _asset(INDEX, index), MappingProxyType(assets))


def _asset(name: str, body: bytes) -> Asset:
    content_type, _ = mimetypes.guess_type(name)
    etag = hashlib.sha256(body).hexdigest()
    return Asset(body, gzip.compress(body, mtime=0), content_type or "", etag)


def _send(request: web.Request, asset: Asset, kept: str) -> web.Response:
    headers = {**HEADERS, **cache_headers(asset.etag), hdrs.CACHE_CONTROL: kept}
    if is_cached(request, asset.etag):
        return web.Response(status=304, headers=headers)
    body = asset.body
    if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        body = asset.gzipped
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    return web.Response(
        body=body, content_type=asset.content_type, charset="utf-8", headers=headers
    )
