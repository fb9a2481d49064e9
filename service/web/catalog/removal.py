"""DELETE a job: its row and texts first, then its files."""

import logging

from aiohttp import web

from service.errors import StorageError
from service.jobs.model import stored_keys
from service.services import SERVICES
from service.web.access.authenticate import owner_of
from service.web.jobs import requested_id

log = logging.getLogger(__name__)


async def delete_job(request: web.Request) -> web.Response:
    """204 once no row names the job; a worker that has it gives it up. Raises JobNotFound."""
    services = request.app[SERVICES]
    job = await services.jobs.remove(requested_id(request), owner=owner_of(request))
    log.info("job deleted", extra={"job_id": str(job.job_id), "was": job.status})
    for key in stored_keys(job):
        try:
            await services.storage.delete(key)
        except (StorageError, OSError) as error:
            # Nobody can ask for it any more, so the client has what it wanted.
            facts = {"storage_key": key, "reason": str(error)}
            log.warning("file of a deleted job kept", extra=facts)
    return web.Response(status=204)
