"""What an operator is shown, of jobs in memory."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from service.jobs.catalog.memory import MemoryCatalog
from service.jobs.model import TERMINAL, Status, utc_now
from service.jobs.operations.base import FINISHED_SECONDS, ConnectionFigures, JobFigures


class MemoryOperations(MemoryCatalog):
    """Every port of service.jobs.operations.base over a dict."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__()
        self._clock = clock
        self._workers: dict[str, tuple[UUID, datetime]] = {}

    async def figures(self) -> JobFigures:
        """See JobCounting."""
        now, jobs = self._clock(), self._jobs.values()
        pending = [job for job in jobs if job.status is Status.PENDING]
        waited = [(now - job.created_at).total_seconds() for job in pending]
        return JobFigures(
            pending=len(pending),
            running=sum(job.status is Status.RUNNING for job in jobs),
            workers=len(await self.live_workers()),
            oldest_pending_seconds=max(waited, default=0.0),
            finished=Counter(
                (job.status, job.error_code or "")
                for job in jobs
                if job.status in TERMINAL
                and (now - job.updated_at).total_seconds() < FINISHED_SECONDS
            ),
        )

    def connections(self) -> ConnectionFigures:
        """See JobCounting: there are none."""
        return ConnectionFigures()

    async def announce(self, worker: str, proof: UUID, *, seconds: float) -> None:
        """See WorkerPresence."""
        self._workers[worker] = proof, self._clock() + timedelta(seconds=seconds)

    async def retire(self, worker: str) -> None:
        """See WorkerPresence."""
        self._workers.pop(worker, None)

    async def live_workers(self) -> Mapping[str, UUID]:
        """See WorkerPresence."""
        now = self._clock()
        live = self._workers.items()
        return {worker: proof for worker, (proof, expires_at) in live if expires_at > now}
