"""A page's session: its token as a cookie that no script can read."""

from service.web.openapi.operation import (
    ETAG,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    OF_DATABASE,
    Operation,
    Schema,
    answer,
    empty_answer,
    object_of,
    ref,
    value,
)

TAG = "Session"
_COOKIE = {
    "Set-Cookie": {
        "description": "HttpOnly, SameSite=Strict, until the browser is closed; where a token is "
        "asked for.",
        "schema": {"type": "string"},
    }
}
SCHEMAS: dict[str, Schema] = {
    "Session": object_of(
        {"name": value(["string", "null"], "The token's name; null where none is asked for.")}
    ),
}

SHOW = Operation(
    "getSession",
    TAG,
    "Whose token this is",
    "The name of the request's token, whose jobs are those that can be seen.",
    {200: answer("The name.", ref("Session"), {"name": "ann"}, headers=ETAG), **NOT_MODIFIED},
    problems=OF_DATABASE,
    parameters=(IF_NONE_MATCH,),
)
BEGIN = Operation(
    "beginSession",
    TAG,
    "Keep the request's token as a cookie",
    "For pages: a `<video>` and a link send no header. A program sends its token each time.",
    {204: empty_answer("The browser has it.", headers=_COOKIE)},
    problems=OF_DATABASE,
)
END = Operation(
    "endSession",
    TAG,
    "Forget the cookie",
    "The token stays valid: only the browser forgets it.",
    {204: empty_answer("The browser has none.", headers=_COOKIE)},
    problems=OF_DATABASE,
)
