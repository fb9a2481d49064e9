"""GET search: where a text can be read, in every video there ever was."""

from typing import Any

from aiohttp import web

from service.errors import BadOption
from service.jobs.catalog.base import FIRST_TEXT, Found, TextPlace
from service.jobs.catalog.words import TextQuery, parsed_query
from service.services import SERVICES
from service.web.access.authenticate import owner_of
from service.web.catalog.listing import place_of
from service.web.catalog.query import asked_of, bad_cursor, cursor_of, limit_in, parts_of
from service.web.responses import json_response, timestamp

MAX_CHARACTERS = 200
MAX_POSITION_CHARACTERS = 5


async def search_texts(request: web.Request) -> web.Response:
    """A page of texts, those of the newest job first; raises BadOption."""
    asked = asked_of(request, ("q", "class", "limit", "cursor"))
    limit = limit_in(asked)
    found = await request.app[SERVICES].jobs.search(
        _query(asked.get("q", "")),
        # One more than is shown says whether there is another page.
        limit=limit + 1,
        class_name=_class_name(asked["class"]) if "class" in asked else None,
        after=_place(asked["cursor"]) if "cursor" in asked else FIRST_TEXT,
        owner=owner_of(request),
    )
    page = found[:limit]
    document = {
        "items": [_item(each) for each in page],
        "next_cursor": _cursor(page[-1].place) if len(found) > limit else None,
    }
    return json_response(request, document)


def _item(found: Found) -> dict[str, Any]:
    return {
        "job_id": str(found.job_id),
        "name": found.input_name,
        "text": found.text,
        "class_name": found.class_name,
        "first_ms": found.first_ms,
        "last_ms": found.last_ms,
        "confidence": found.confidence,
    }


def _query(asked: str) -> TextQuery:
    if len(asked) > MAX_CHARACTERS:
        raise BadOption(f"q takes at most {MAX_CHARACTERS} characters")
    try:
        return parsed_query(asked)
    except ValueError as error:
        raise BadOption("q takes words, or phrases in quotes") from error


def _class_name(asked: str) -> str:
    if not asked.isprintable():
        raise BadOption("class takes a class_name of the results")
    return asked


def _cursor(place: TextPlace) -> str:
    return cursor_of(timestamp(place.created_at), place.job_id, place.position)


def _place(cursor: str) -> TextPlace:
    created_at, job_id, position = parts_of(cursor, 3)
    job = place_of(created_at, job_id)
    if not (position.isascii() and position.isdigit() and len(position) <= MAX_POSITION_CHARACTERS):
        raise bad_cursor()
    return TextPlace(job.created_at, job.job_id, int(position))
