"""A page's token: kept by the browser, out of every script's reach, and sent for videos too."""

from aiohttp import hdrs, web

from service.web.access.authenticate import COOKIE, bearer_of, owner_of
from service.web.responses import json_response

# No other program on this host gets it, unless it serves this path.
COOKIE_PATH = "/v1"


async def show_session(request: web.Request) -> web.Response:
    """Whose jobs this client sees."""
    return json_response(request, {"name": owner_of(request) or None})


async def begin_session(request: web.Request) -> web.Response:
    """Give the request's token back as a cookie; without one nothing is asked for, or kept."""
    response = web.Response(status=204)
    secret = bearer_of(request)
    if owner_of(request) and secret is not None:
        response.set_cookie(
            COOKIE,
            secret,
            path=COOKIE_PATH,
            httponly=True,
            samesite="Strict",
            secure=_is_https(request),
        )
    return response


async def end_session(_: web.Request) -> web.Response:
    """Have the cookie forgotten."""
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path=COOKIE_PATH, httponly=True, samesite="Strict")
    return response


def _is_https(request: web.Request) -> bool:
    # The browser's own word: a proxy's would have to be believed, and over plain HTTP a cookie
    # that is marked Secure is dropped.
    return request.secure or request.headers.get(hdrs.ORIGIN, "").startswith("https://")
