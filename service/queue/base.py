"""The queue port. It wakes workers; PostgreSQL decides which job one of them takes."""

from typing import Protocol
from uuid import UUID


class QueueService(Protocol):
    """Delivers job ids, first in, first out; the payload is the id and nothing else.

    Best effort: what is lost costs a delay, since an idle worker polls every few seconds, and
    what comes twice a poll in vain. All raise QueueUnavailable within two seconds rather than wait
    for a dead server.
    """

    async def enqueue(self, job_id: UUID) -> None:
        """Wake a worker: this job is pending."""
        ...

    async def size(self) -> int:
        """How many ids wait or are with a worker."""
        ...


class PullQueue(QueueService, Protocol):
    """A queue whose worker takes the next id by itself."""

    async def dequeue(self) -> UUID | None:
        """The id that came first, None when there is none."""
        ...
