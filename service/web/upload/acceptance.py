"""From a stored video to a job: what is certain decides which videos stay."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
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
# An INSERT that has no response, and the second ask. A client waits no longer, however many others
# came under its key before: the wait for them is part of it.
UNDER_KEY_SECONDS = 4.5
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
        deadline = asyncio.get_running_loop().time() + UNDER_KEY_SECONDS
        async with AsyncExitStack() as turn:
            try:
                await turn.enter_async_context(self._turn(key, deadline))
                await self._resolve_earlier(services, key, deadline)
            except BaseException:
                # Whatever it was, nothing was sent for this video.
                await _discard(services, new)
                raise
            job = await _insert_first(services, new, deadline=deadline)
            return job or await self._insert_or_keep(services, key, new, stored_at, deadline)

    @asynccontextmanager
    async def _turn(self, key: tuple[str, str], deadline: float) -> AsyncIterator[None]:
        """One upload under a key after the other; raises DatabaseUnavailable."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        try:
            async with asyncio.timeout_at(deadline):
                await lock.acquire()
        except TimeoutError as error:
            raise DatabaseUnavailable("others under the key had no response in time") from error
        try:
            yield
        finally:
            lock.release()

    async def _resolve_earlier(
        self, services: Services, key: tuple[str, str], deadline: float
    ) -> None:
        if key not in self._undecided:
            return
        earlier, stored_at = self._undecided[key]
        # Later than that its row is there, under which the new video meets it, or never comes.
        if not _is_too_late(stored_at):
            # Reused: the row under the key is another upload's, and the earlier video has gone.
            with suppress(IdempotencyKeyReused):
                await _insert_again(services, earlier, deadline)
        self._undecided.pop(key, None)

    async def _insert_or_keep(
        self,
        services: Services,
        key: tuple[str, str],
        new: NewJob,
        stored_at: float,
        deadline: float,
    ) -> Job:
        try:
            return await _insert_again(services, new, deadline)
        except IdempotencyKeyReused:
            raise
        except ServiceError:
            self._forget_late()
            self._undecided[key] = (new, stored_at)
            log.warning(
                "video kept, outcome of its INSERT unknown", extra={"storage_key": new.source.key}
            )
            raise

    def _forget_late(self) -> None:
        """A client need not come back: nothing is sent any more for what is kept so long."""
        late = [key for key, (_, stored_at) in self._undecided.items() if _is_too_late(stored_at)]
        for key in late:
            del self._undecided[key]


def _is_too_late(stored_at: float) -> bool:
    return monotonic() - stored_at > ACCEPTANCE_SECONDS


async def _insert_first(
    services: Services, new: NewJob, *, deadline: float | None = None
) -> Job | None:
    """None: the INSERT was sent, and its outcome is unknown."""
    try:
        return await _insert(services, new, deadline)
    except NothingWritten:
        await _discard(services, new)
        raise
    except DatabaseUnavailable:
        log.info("outcome of an INSERT unknown", extra={"job_id": str(new.job_id)})
        return None
    except ServiceError:
        await _discard(services, new)
        raise


async def _insert(services: Services, new: NewJob, deadline: float | None) -> Job:
    """The one job there is for this video or key; the video goes when it is another's."""
    try:
        async with asyncio.timeout_at(deadline):
            job, _ = await submit(services.jobs, services.queue, new)
    except TimeoutError as error:
        raise DatabaseUnavailable("an INSERT timed out") from error
    if job.job_id != new.job_id:
        await _discard(services, new)
    return job


async def _insert_again(services: Services, new: NewJob, deadline: float) -> Job:
    enough = asyncio.get_running_loop().time() + SECOND_ASK_SECONDS
    try:
        return await _insert(services, new, min(deadline, enough))
    except IdempotencyKeyReused:
        # Of all refusals this one alone says what became of the first INSERT too: nothing.
        await _discard(services, new)
        raise


async def _find(services: Services, new: NewJob) -> Job:
    try:
        async with asyncio.timeout(SECOND_ASK_SECONDS):
            return await services.jobs.get(new.job_id, owner=new.owner)
    except (JobNotFound, DatabaseUnavailable, TimeoutError) as error:
        await _discard(services, new)
        raise DatabaseUnavailable("the outcome of an INSERT is unknown") from error


async def _discard(services: Services, new: NewJob) -> None:
    await services.storage.delete(new.source.key)
