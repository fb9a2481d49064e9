"""Results that an earlier job has already: of the same bytes, by the same means."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from service.errors import FileMissing, ServiceError
from service.jobs.model import Job, attempt_results_key
from service.jobs.store import Repeat, RepeatStore
from service.storage.base import Storage, StoredFile, holds

log = logging.getLogger(__name__)


async def find_repeated(
    job: Job, *, provenance: Mapping[str, Any], jobs: RepeatStore, storage: Storage
) -> Repeat | None:
    """An earlier job's summary, and its results as a durable file of this attempt's own.

    provenance: the worker's, without options. None where the video has to be analysed: nothing is
    known of it, what was stored is gone or was changed, or not every frame could be read then.
    """
    try:
        earlier = await jobs.find_repeat(
            job, provenance={**provenance, "options": asdict(job.options)}
        )
        # Why a frame failed, a full memory or a slow machine, may be over by now.
        if earlier is None or earlier.summary["video"]["frames_failed"]:
            return None
        return replace(earlier, results=await _own(job, earlier.results, storage))
    except (ServiceError, OSError) as error:
        facts = {"job_id": str(job.job_id), "reason": str(error)}
        log.warning("results not repeated, the video is analysed", extra=facts)
        return None


async def _own(job: Job, earlier: StoredFile, storage: Storage) -> StoredFile:
    """The earlier file under a second name, which stays when the earlier job is deleted."""
    own = replace(earlier, key=attempt_results_key(job.lease))
    await storage.publish(earlier.key, own.key)
    try:
        async with storage.open_file(own.key) as results:
            if not await asyncio.to_thread(holds, results.content, own):
                raise FileMissing(f"{own.key} is not what was stored")
    except (ServiceError, OSError):
        await storage.delete(own.key)
        raise
    return own
