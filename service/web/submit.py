"""POST submit: a film becomes durable, then a job, then a 202."""

import asyncio
from uuid import uuid4

from aiohttp import web

from service.jobs.errors import DatabaseUnavailable, JobNotFound, ServiceError
from service.jobs.lifecycle import submit
from service.jobs.model import Job, NewJob, source_key
from service.services import SERVICES, Services
from service.web.body import Pace
from service.web.options import idempotency_key
from service.web.upload import Upload

PACE = web.AppKey("PACE", Pace)
POLL_SECONDS = 1
SECOND_LOOK_SECONDS = 1.0


async def submit_film(request: web.Request) -> web.Response:
    """Take a film; 202 once it cannot be lost any more."""
    services = request.app[SERVICES]
    key = idempotency_key(request)
    upload = Upload(
        request,
        pipelines=services.pipelines,
        settings=services.settings,
        pace=request.app[PACE],
    )
    job_id = uuid4()
    source = await services.storage.save(source_key(job_id), upload.chunks())
    job = await _accept(
        services,
        NewJob(job_id, upload.pipeline_id, source, upload.options, idempotency_key=key),
    )
    return _accepted(request, job)


async def _accept(services: Services, new: NewJob) -> Job:
    """Make the stored film a job; where that makes none, its file goes again."""
    try:
        job, created = await submit(services.jobs, services.queue, new)
    except DatabaseUnavailable:
        return await _committed_after_all(services, new)
    except ServiceError:
        await services.storage.delete(new.source.key)
        raise
    if not created:
        await services.storage.delete(new.source.key)
    return job


async def _committed_after_all(services: Services, new: NewJob) -> Job:
    """The job whose INSERT got no answer, if it is there; raises DatabaseUnavailable."""
    try:
        async with asyncio.timeout(SECOND_LOOK_SECONDS):
            return await services.jobs.get(new.job_id)
    except JobNotFound as error:
        await services.storage.delete(new.source.key)
        raise _not_accepted() from error
    except (DatabaseUnavailable, TimeoutError) as error:
        # A repetition under the same key may meet the row, and then the film must be there.
        if new.idempotency_key is None:
            await services.storage.delete(new.source.key)
        raise _not_accepted() from error


def _not_accepted() -> DatabaseUnavailable:
    return DatabaseUnavailable("the film was not accepted; send it again")


def _accepted(request: web.Request, job: Job) -> web.Response:
    status_path = request.path.replace("/submit", f"/status/{job.job_id}")
    return web.json_response(
        {"job_id": str(job.job_id)},
        status=202,
        headers={"Location": status_path, "Retry-After": str(POLL_SECONDS)},
    )
