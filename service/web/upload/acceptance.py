"""From a stored video to a job: what is certain decides which videos stay."""

import asyncio
import logging
from time import monotonic
from weakref import WeakValueDictionary

from service.dispatch.submit import submit
from service.errors import (
    DatabaseUnavailable,
    IdempotencyKeyReused,
    JobNotFound,
    NothingWritten,
    ServiceError,
)
from service.jobs.model import Job, NewJob
from service.services import Services

SECOND_ASK_SECONDS = 1.0
# After this no INSERT is sent for a video: the janitor may take it for one that no row will name.
ACCEPTANCE_SECONDS = 600.0

log = logging.getLogger(__name__)


class Acceptance:
    """Makes stored videos jobs; where no row can name a video any more, it goes at once.

    Only an INSERT that was sent without a response leaves that open. Without a key nobody can ask
    for such a job again. With one, the video stays, and nothing else is sent under the key before
    the same INSERT has its response: the key's uniqueness decides then, however late the first is.
    """

    def __init__(self) -> None:
        self._undecided: dict[tuple[str, str], tuple[NewJob, float]] = {}
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def accept(self, services: Services, new: NewJob) -> Job:
        """The job of this video, or of an earlier one under its key.

        Raises DatabaseUnavailable, IdempotencyKeyReused.
        """
        if new.idempotency_key is None:
            return await _insert_first(services, new) or await _find(services, new)
        key, stored_at = (new.owner, new.idempotency_key), monotonic()
        async with self._locks.setdefault(key, asyncio.Lock()):
            if _is_too_late(stored_at):
                await _discard(services, new)
                raise DatabaseUnavailable("an upload waited too long for others under its key")
            await self._resolve_earlier(services, key, new)
            return await _insert_first(services, new) or await self._insert_or_keep(
                services, key, new, stored_at
            )

    async def _resolve_earlier(self, services: Services, key: tuple[str, str], new: NewJob) -> None:
        if key not in self._undecided:
            return
        earlier, stored_at = self._undecided[key]
        try:
            # Later than that its row is there, under which the new video meets it, or never comes.
            if not _is_too_late(stored_at):
                await _insert_again(services, earlier)
        except IdempotencyKeyReused:
            # The row under the key is another upload's, and the earlier video has gone.
            pass
        except BaseException:
            # Whatever it was, nothing was sent for the new video.
            await _discard(services, new)
            raise
        del self._undecided[key]

    async def _insert_or_keep(
        self, services: Services, key: tuple[str, str], new: NewJob, stored_at: float
    ) -> Job:
        try:
            return await _insert_again(services, new)
        except DatabaseUnavailable:
            self._undecided[key] = (new, stored_at)
            log.warning(
                "video kept, outcome of its INSERT unknown", extra={"storage_key": new.source.key}
            )
            raise


def _is_too_late(stored_at: float) -> bool:
    return monotonic() - stored_at > ACCEPTANCE_SECONDS


async def _insert_first(services: Services, new: NewJob) -> Job | None:
    """None: the INSERT was sent, and its outcome is unknown."""
    try:
        return await _insert(services, new)
    except NothingWritten:
        await _discard(services, new)
        raise
    except DatabaseUnavailable:
        log.info("outcome of an INSERT unknown", extra={"job_id": str(new.job_id)})
        return None


async def _insert(services: Services, new: NewJob) -> Job:
    """The one job there is for this video or key; the video goes when it is another's."""
    try:
        job, _ = await submit(services.jobs, services.queue, new)
    except DatabaseUnavailable:
        raise
    except ServiceError:
        await _discard(services, new)
        raise
    if job.job_id != new.job_id:
        await _discard(services, new)
    return job


async def _insert_again(services: Services, new: NewJob) -> Job:
    try:
        async with asyncio.timeout(SECOND_ASK_SECONDS):
            return await _insert(services, new)
    except TimeoutError as error:
        raise DatabaseUnavailable("a repeated INSERT timed out") from error


async def _find(services: Services, new: NewJob) -> Job:
    try:
        async with asyncio.timeout(SECOND_ASK_SECONDS):
            return await services.jobs.get(new.job_id, owner=new.owner)
    except (JobNotFound, DatabaseUnavailable, TimeoutError) as error:
        await _discard(services, new)
        raise DatabaseUnavailable("the outcome of an INSERT is unknown") from error


async def _discard(services: Services, new: NewJob) -> None:
    await services.storage.delete(new.source.key)
