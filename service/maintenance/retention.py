"""Jobs that finished too long ago."""

import logging

from service.jobs.store import MaintenanceStore
from service.maintenance.removal import delete_files
from service.storage.base import StorageService

# Each may have ten thousand texts, which are deleted with it in one statement.
JOBS_AT_ONCE = 20

log = logging.getLogger(__name__)


async def remove_old(jobs: MaintenanceStore, storage: StorageService, *, days: int) -> int:
    """Delete jobs that finished at least so many days ago, with their files; how many.

    Rows first: a client finds a job with all of its files, or none. Killed in between, files are
    left that no row names. An instant repeat has the results under a name of its own, so it keeps
    them. Raises DatabaseUnavailable, SchemaOutdated.
    """
    removed = 0
    while some := await jobs.remove_finished(days=days, limit=JOBS_AT_ONCE):
        for job in some:
            await delete_files(storage, job)
        removed += len(some)
        log.info("jobs past their retention removed", extra={"jobs": removed})
    return removed
