"""The files of a job whose row is deleted."""

import logging
from collections.abc import Iterable

from service.errors import StorageError
from service.jobs.model import Job, stored_keys
from service.jobs.partial import partial_keys
from service.storage.base import StorageService

log = logging.getLogger(__name__)


async def delete_files(storage: StorageService, job: Job) -> None:
    """Delete all that a deleted job has left; what cannot be deleted is logged and stays.

    Nobody can ask for such a file any more.
    """
    await delete_partials(storage, job)
    await _delete(storage, stored_keys(job))


async def delete_partials(storage: StorageService, job: Job) -> None:
    """Delete what a job's attempts have left to go on with, once none will."""
    await _delete(storage, await partial_keys(storage, job))


async def _delete(storage: StorageService, keys: Iterable[str]) -> None:
    for key in keys:
        try:
            await storage.delete(key)
        except (StorageError, OSError) as error:
            facts = {"storage_key": key, "reason": str(error)}
            log.warning("file that no job needs kept", extra=facts)
