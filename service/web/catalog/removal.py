"""DELETE a job: its row and texts first, then its files."""

import logging

from aiohttp import web

from service.maintenance.removal import delete_files
from service.services import SERVICES
from service.web.access.authenticate import owner_of
from service.web.jobs import requested_id

log = logging.getLogger(__name__)


async def delete_job(request: web.Request) -> web.Response:
    """204 once no row names the job; a worker that has it gives it up. Raises JobNotFound."""
    services = request.app[SERVICES]
    job = await services.jobs.remove(requested_id(request), owner=owner_of(request))
    log.info("job deleted", extra={"job_id": str(job.job_id), "was": job.status})
    await delete_files(services.storage, job)
    return web.Response(status=204)
