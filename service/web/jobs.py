"""GET status and summary: the job a URL names, as JSON."""

from typing import Any
from uuid import UUID

from aiohttp import web

from service.errors import JobNotCompleted, JobNotFound
from service.jobs.model import Job, Status
from service.services import SERVICES
from service.storage.base import StoredFile
from service.web.access.authenticate import owner_of
from service.web.responses import json_response, timestamp
from service.web.waiting import respond_with_news


async def show_status(request: web.Request) -> web.Response:
    """Where a job stands; a failed one says why."""

    async def read() -> dict[str, Any]:
        return status_document(await requested_job(request))

    return await respond_with_news(request, read)


async def show_summary(request: web.Request) -> web.Response:
    """What was found in a completed job's video, and by what."""
    job = await requested_job(request)
    results = results_of(job)
    summary = await request.app[SERVICES].jobs.summary(job.job_id)
    document = {"job_id": str(job.job_id), **summary, "results_sha256": results.sha256}
    return json_response(request, document)


def status_document(job: Job) -> dict[str, Any]:
    """Where a job stands; of a failed one, why."""
    document = {
        "job_id": str(job.job_id),
        "status": job.status,
        "progress": job.progress,
        "created_at": timestamp(job.created_at),
        "updated_at": timestamp(job.updated_at),
    }
    if job.status is Status.FAILED:
        document |= {"error_code": job.error_code, "error_message": job.error_message}
    return document


async def requested_job(request: web.Request) -> Job:
    """The job the URL names; raises JobNotFound, DatabaseUnavailable."""
    job_id = requested_id(request)
    return await request.app[SERVICES].jobs.get(job_id, owner=owner_of(request))


def requested_id(request: web.Request) -> UUID:
    """The id in the URL; raises JobNotFound for one that no job can have."""
    try:
        return UUID(request.match_info["job_id"])
    except ValueError as error:
        raise JobNotFound("a job_id is a UUID, and this is none") from error


def results_of(job: Job) -> StoredFile:
    """The stored results of a completed job; raises JobNotCompleted."""
    if job.output_path is None or job.output_bytes is None or job.output_sha256 is None:
        raise JobNotCompleted(_why_not(job))
    return StoredFile(job.output_path, job.output_bytes, job.output_sha256)


def _why_not(job: Job) -> str:
    if job.status is Status.FAILED:
        return f"the job has failed, {job.error_code}: {job.error_message}"
    return f"the job is {job.status}; poll its status until it is completed"
