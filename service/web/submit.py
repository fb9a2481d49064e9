"""POST submit: a video becomes durable, then a job, then a 202."""

from uuid import uuid4

from aiohttp import web

from service.jobs.model import Job, NewJob, source_key
from service.services import SERVICES
from service.web.access.authenticate import owner_of
from service.web.access.limits import UploadsUnderWay, require_few_pending
from service.web.upload.acceptance import Acceptance
from service.web.upload.body import Pace
from service.web.upload.options import idempotency_key
from service.web.upload.receive import receive

ACCEPTANCE = web.AppKey("ACCEPTANCE", Acceptance)
PACE = web.AppKey("PACE", Pace)
UPLOADS = web.AppKey("UPLOADS", UploadsUnderWay)
POLL_SECONDS = 1


async def submit_video(request: web.Request) -> web.Response:
    """Take a video; 202 once it cannot be lost any more."""
    services, owner = request.app[SERVICES], owner_of(request)
    key = idempotency_key(request)
    job_id = uuid4()
    with request.app[UPLOADS].one_more(services.settings, owner) as uploads:
        await require_few_pending(services, owner, uploads=uploads)
        received = await receive(request, services, key=source_key(job_id), pace=request.app[PACE])
        new = NewJob(
            job_id,
            received.pipeline_id,
            received.source,
            received.options,
            owner=owner,
            idempotency_key=key,
            input_name=received.input_name,
            fresh=received.fresh,
        )
        job = await request.app[ACCEPTANCE].accept(services, new)
    return _accepted(request, job)


def _accepted(request: web.Request, job: Job) -> web.Response:
    status_path = request.path.replace("/submit", f"/status/{job.job_id}")
    return web.json_response(
        {"job_id": str(job.job_id)},
        status=202,
        headers={"Location": status_path, "Retry-After": str(POLL_SECONDS)},
    )
