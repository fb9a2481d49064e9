"""What a query asks of a list: how much of it, from where on, and nothing that is misspelt."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping

from aiohttp import web

from service.errors import BadOption

LIMIT, MAX_LIMIT = 50, 200
MAX_NUMBER = 999_999_999
SEPARATOR = " "

_NUMBER = re.compile(r"[0-9]{1,9}")


def asked_of(request: web.Request, names: Collection[str]) -> Mapping[str, str]:
    """The query by name; raises BadOption for a name that is unknown, or given twice."""
    for name in request.query:
        if name not in names:
            raise BadOption(f"there is no option {name[:40]!r}; there are {', '.join(names)}")
        if len(request.query.getall(name)) > 1:
            raise BadOption(f"{name} is given twice")
    return request.query


def limit_in(asked: Mapping[str, str]) -> int:
    """How many items a page may have; raises BadOption."""
    limit = number_in(asked, "limit", least=1)
    if limit is not None and limit > MAX_LIMIT:
        raise BadOption(f"limit takes a whole number from 1 to {MAX_LIMIT}")
    return limit or LIMIT


def number_in(asked: Mapping[str, str], name: str, *, least: int = 0) -> int | None:
    """A whole number, None where it is not asked for; raises BadOption."""
    value = asked.get(name)
    if value is None:
        return None
    if not _NUMBER.fullmatch(value) or int(value) < least:
        raise BadOption(f"{name} takes a whole number from {least} to {MAX_NUMBER}")
    return int(value)


def cursor_of(*parts: object) -> str:
    """Where a page ended, in letters that need no quoting in a URL."""
    return urlsafe_b64encode(SEPARATOR.join(map(str, parts)).encode()).decode().rstrip("=")


def parts_of(cursor: str, number: int) -> list[str]:
    """What so many parts a cursor was made of; raises BadOption."""
    try:
        parts = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(SEPARATOR)
    except ValueError as error:
        raise bad_cursor() from error
    if len(parts) != number:
        raise bad_cursor()
    return parts


def bad_cursor() -> BadOption:
    """The refusal of a cursor that no page gave."""
    return BadOption("cursor takes the next_cursor of the page before, as it is")
