"""Files that no job needs: what killed processes, and INSERTs that never came, have left.

A file is deleted when it was let alone for GRACE_SECONDS and then no job needs it, in this order:
first the file is found, then the rows are asked. That loses no accepted job, because

- a video is durable, and dated, before its INSERT is sent, and `Acceptance` sends none once
  ACCEPTANCE_SECONDS, a third of the grace, are over; what it keeps of an uncertain INSERT it
  forgets by then as well. So whatever row there will be is there when the rows are asked;
- an upload under way writes every minute at least (`Pace`), so its part file is young;
- a job that has not finished keeps all its files: one worker may write where another was killed;
- a finished job never changes, so what its row does not name then, it never will;
- a file that is touched between the two, as a link made to it does, stays.

What is older than the schema was stored for another database, and stays: an empty database beside
a full storage is a mistake in a variable, not ten thousand lost uploads.
"""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from uuid import UUID

from service.jobs.model import (
    JOBS_FOLDER,
    READINESS_PREFIX,
    TERMINAL,
    Job,
    Status,
    job_id_of,
    results_key,
)
from service.jobs.store import MaintenanceStore
from service.storage.base import StorageSweep, Untouched

# With a pass every ten minutes nothing stays for an hour.
GRACE_SECONDS = 1800.0
ASKED_AT_ONCE = 500
# Results have two names, and each that goes touches the other: of two in one call both go.
DELETED_AT_ONCE = 50_000

log = logging.getLogger(__name__)


async def sweep_files(
    jobs: MaintenanceStore, storage: StorageSweep, *, grace_seconds: float = GRACE_SECONDS
) -> int:
    """Delete the files that no job needs; how many.

    Raises DatabaseUnavailable, SchemaOutdated, StorageError.
    """
    removed = 0
    found = storage.untouched(JOBS_FOLDER, seconds=grace_seconds)
    async for unneeded in _chunks(_unneeded(jobs, found), DELETED_AT_ONCE):
        removed += await storage.delete_untouched(JOBS_FOLDER, unneeded)
    if removed:
        log.info("files of no job removed", extra={"files": removed})
    return removed


async def _unneeded(
    jobs: MaintenanceStore, files: AsyncIterator[Untouched]
) -> AsyncIterator[Untouched]:
    since = (await jobs.schema_since()).timestamp()
    async for some in _chunks(files, ASKED_AT_ONCE):
        ids = {job_id for file in some if (job_id := job_id_of(file.key))}
        known = {job.job_id: job for job in await jobs.get_known(list(ids))}
        for file in some:
            if not _is_needed(file, known, since=since):
                yield file


async def _chunks(files: AsyncIterator[Untouched], size: int) -> AsyncIterator[Sequence[Untouched]]:
    some: list[Untouched] = []
    async for file in files:
        some.append(file)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


def _is_needed(file: Untouched, known: Mapping[UUID, Job], *, since: float) -> bool:
    job_id = job_id_of(file.key)
    if job_id is None:
        return not (file.is_part or file.key.startswith(READINESS_PREFIX))
    job = known.get(job_id)
    if job is None:
        return not file.is_part and file.touched_at < since
    return job.status not in TERMINAL or (not file.is_part and file.key in _named(job))


def _named(job: Job) -> set[str | None]:
    published = results_key(job.job_id) if job.status is Status.COMPLETED else None
    return {job.input_path, job.output_path, published}
