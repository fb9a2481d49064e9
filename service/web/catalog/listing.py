"""GET jobs: all of them page by page, and one in detail."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from aiohttp import web

from service.errors import BadOption
from service.jobs.catalog.base import BEGINNING, Detail, Place
from service.jobs.model import Job, Status
from service.services import SERVICES
from service.web.access.authenticate import owner_of
from service.web.catalog.query import asked_of, bad_cursor, cursor_of, limit_in, parts_of
from service.web.jobs import requested_id, status_document
from service.web.responses import json_response, timestamp
from service.web.waiting import respond_with_news


async def list_jobs(request: web.Request) -> web.Response:
    """A page of jobs, newest first; raises BadOption."""
    asked = asked_of(request, ("status", "limit", "cursor"))
    limit = limit_in(asked)
    found = await request.app[SERVICES].jobs.list_jobs(
        # One more than is shown says whether there is another page.
        limit=limit + 1,
        status=_status(asked["status"]) if "status" in asked else None,
        after=_place(asked["cursor"]) if "cursor" in asked else BEGINNING,
        owner=owner_of(request),
    )
    page = found[:limit]
    more = len(found) > limit
    document = {
        "items": [job_document(job) for job in page],
        "next_cursor": cursor_of(timestamp(page[-1].created_at), page[-1].job_id) if more else None,
    }
    return json_response(request, document)


async def show_job(request: web.Request) -> web.Response:
    """One job, all that a client may know of it; raises JobNotFound."""

    async def read() -> dict[str, Any]:
        job_id = requested_id(request)
        jobs = request.app[SERVICES].jobs
        return detail_document(await jobs.detail(job_id, owner=owner_of(request)))

    return await respond_with_news(request, read)


def job_document(job: Job) -> dict[str, Any]:
    """A job as lists show it."""
    return status_document(job) | {
        "pipeline_id": job.pipeline_id,
        "options": asdict(job.options),
        "name": job.input_name,
        "input_bytes": job.input_bytes,
    }


def detail_document(detail: Detail) -> dict[str, Any]:
    """A job as it stands by itself."""
    job = detail.job
    return job_document(job) | {
        "input_sha256": job.input_sha256,
        "attempt": job.attempt,
        "interruptions": job.interruptions,
        "queue_position": detail.queue_position,
        "frames_done": job.frames_done,
        "frames_expected": job.frames_expected,
        "results_sha256": job.output_sha256,
        "results_bytes": job.output_bytes,
    }


def _status(value: str) -> Status:
    try:
        return Status(value)
    except ValueError as error:
        raise BadOption(f"status takes {', '.join(Status)}") from error


def _place(cursor: str) -> Place:
    created_at, job_id = parts_of(cursor, 2)
    return place_of(created_at, job_id)


def place_of(created_at: str, job_id: str) -> Place:
    """The place that these parts of a cursor name; raises BadOption."""
    try:
        moment = datetime.fromisoformat(created_at)
        place = Place(moment, UUID(job_id))
    except ValueError as error:
        raise bad_cursor() from error
    if moment.tzinfo is None:
        raise bad_cursor()
    return place
