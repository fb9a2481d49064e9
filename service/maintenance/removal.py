"""The files of a job whose row is deleted."""

import logging

from service.errors import StorageError
from service.jobs.model import Job, stored_keys
from service.storage.base import StorageService

log = logging.getLogger(__name__)


async def delete_files(storage: StorageService, job: Job) -> None:
    """Delete all that a deleted job has left; what cannot be deleted is logged and stays.

    Nobody can ask for such a file any more.
    """
    for key in stored_keys(job):
        try:
            await storage.delete(key)
        except (StorageError, OSError) as error:
            facts = {"storage_key": key, "reason": str(error)}
            log.warning("file of a deleted job kept", extra=facts)
