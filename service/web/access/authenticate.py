"""Who asks: the token of a request, and with it whose jobs there are for it."""

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from service.access.known import KnownTokens
from service.access.token import NOBODY
from service.errors import CrossOrigin, Unauthorized
from service.services import SERVICES

KNOWN_TOKENS = web.AppKey("KNOWN_TOKENS", KnownTokens)
# The routes that need no token, as they were added.
OPEN_PATHS = web.AppKey("OPEN_PATHS", frozenset[str])
OWNER = web.RequestKey("OWNER", str)
COOKIE = "forgesyte_token"
BEARER = "bearer"
SAFE_METHODS = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})


@web.middleware
async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request through as its token's, or without one where none is needed.

    Raises Unauthorized, CrossOrigin, DatabaseUnavailable.
    """
    request[OWNER] = NOBODY
    if _is_open(request):
        return await handler(request)
    secret = bearer_of(request)
    if secret is None:
        _refuse_other_sites(request)
        secret = request.cookies.get(COOKIE)
    if request.app[SERVICES].settings.auth_required:
        if secret is None:
            raise Unauthorized("send a token, as `Authorization: Bearer TOKEN`")
        request[OWNER] = await request.app[KNOWN_TOKENS].name_of(secret)
    return await handler(request)


def owner_of(request: web.Request) -> str:
    """Whose jobs there are for this request: the name of its token."""
    return request[OWNER]


def bearer_of(request: web.Request) -> str | None:
    """The token of an Authorization header (RFC 6750), None without one.

    Another scheme is not ours: a browser repeats to us what a proxy before us asks for.
    """
    scheme, _, secret = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return secret.strip() or None if scheme.lower() == BEARER else None


def _is_open(request: web.Request) -> bool:
    resource = request.match_info.route.resource
    # What is served nowhere, or not by this method, says so to everybody.
    return resource is None or resource.canonical in request.app[OPEN_PATHS]


def _refuse_other_sites(request: web.Request) -> None:
    """Refuse what another site's page makes a browser send, cookie included (RFC 6265bis, 8.8).

    SameSite=Strict is not enough: to it another port of our host is the same site. A program that
    is no browser says neither where a request comes from, nor has it the cookie.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get(hdrs.ORIGIN)
    if site is not None:
        is_own = site == "same-origin"
    elif origin is not None:
        is_own = origin.partition("://")[2] == request.host
    else:
        is_own = COOKIE not in request.cookies
    if not is_own:
        raise CrossOrigin(
            "a page may change things only where it comes from; a proxy has to pass Host on as "
            "the browser sent it"
        )
