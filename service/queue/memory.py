"""A queue inside one process, for tests and for a worker that pulls by itself."""

from collections import deque
from uuid import UUID


class MemoryQueue:
    """Keeps ids in the order they came in; threads and event loops may share it."""

    def __init__(self) -> None:
        self._waiting: deque[UUID] = deque()

    async def enqueue(self, job_id: UUID) -> None:
        """See QueueService."""
        self._waiting.append(job_id)

    async def dequeue(self) -> UUID | None:
        """See PullQueue."""
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    async def size(self) -> int:
        """See QueueService."""
        return len(self._waiting)
