"""A queue inside one process, for tests and for a worker that pulls by itself."""

import heapq
import threading
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from uuid import UUID

from service.jobs.model import Ticket
from service.queue.base import Entry

_Ring = tuple[UUID, int]


class MemoryQueue:
    """Keeps rings in acceptance order; threads and event loops may share it.

    A ring that was taken is gone: there is nobody here who could die while holding it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arrivals = count()
        self._waiting: list[tuple[datetime, int, _Ring]] = []
        self._rings: set[_Ring] = set()

    async def enqueue(self, ticket: Ticket) -> None:
        """Ring; tickets of the same moment keep the order they came in."""
        ring = _ring(ticket)
        with self._lock:
            if ring not in self._rings:
                self._rings.add(ring)
                heapq.heappush(self._waiting, (ticket.created_at, next(self._arrivals), ring))

    async def dequeue(self) -> UUID | None:
        """The id of the job accepted first, None when nothing waits."""
        with self._lock:
            if not self._waiting:
                return None
            _, _, ring = heapq.heappop(self._waiting)
            self._rings.remove(ring)
        return ring[0]

    async def entries(self, tickets: Sequence[Ticket]) -> list[Entry]:
        """WAITING or GONE for each ticket."""
        with self._lock:
            return [
                Entry.WAITING if _ring(ticket) in self._rings else Entry.GONE for ticket in tickets
            ]

    async def size(self) -> int:
        """How many rings wait."""
        with self._lock:
            return len(self._waiting)


def _ring(ticket: Ticket) -> _Ring:
    return ticket.job_id, ticket.dispatch_no
