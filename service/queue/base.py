"""The queue port. It delivers job ids at least once; PostgreSQL decides what happens then."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Protocol
from uuid import UUID

from service.jobs.model import Ticket


class Entry(Enum):
    """What the queue knows of a ring."""

    GONE = auto()
    WAITING = auto()
    IN_PROGRESS = auto()


class QueueService(Protocol):
    """Delivers job ids, first accepted first; the payload is the id and nothing else.

    All raise QueueUnavailable within two seconds rather than wait for a dead server.
    """

    async def enqueue(self, ticket: Ticket) -> None:
        """Ring for a job; a ring that is already there is left as it is."""
        ...

    async def entries(self, tickets: Sequence[Ticket]) -> list[Entry]:
        """What became of these rings, in their order."""
        ...

    async def size(self) -> int:
        """How many rings wait or are in progress."""
        ...


class PullQueue(QueueService, Protocol):
    """A queue whose worker takes the next id by itself."""

    async def dequeue(self) -> UUID | None:
        """The oldest waiting id, None when there is none."""
        ...
