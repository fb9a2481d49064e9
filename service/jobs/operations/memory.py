"""What an operator is shown, of jobs in memory."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from service.jobs.catalog.memory import MemoryCatalog
from service.jobs.model import TERMINAL, Status, utc_now
from service.jobs.operations.base import FINISHED_SECONDS, ConnectionFigures, JobFigures, Role


class MemoryOperations(MemoryCatalog):
    """Every port of service.jobs.operations.base over a dict."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__()
        self._clock = clock
        self._processes: dict[str, tuple[Role, UUID, datetime]] = {}

    async def figures(self) -> JobFigures:
        """See JobCounting."""
        now, jobs = self._clock(), self._jobs.values()
        pending = [job for job in jobs if job.status is Status.PENDING]
        waited = [(now - job.created_at).total_seconds() for job in pending]
        return JobFigures(
            pending=len(pending),
            running=sum(job.status is Status.RUNNING for job in jobs),
            workers=len(await self.live(Role.WORKER)),
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

    async def announce(self, process: str, proof: UUID, *, role: Role, seconds: float) -> None:
        """See ProcessPresence."""
        self._processes[process] = role, proof, self._clock() + timedelta(seconds=seconds)

    async def retire(self, process: str) -> None:
        """See ProcessPresence."""
        self._processes.pop(process, None)

    async def live(self, role: Role) -> Mapping[str, UUID]:
        """See ProcessPresence."""
        now = self._clock()
        return {
            process: proof
            for process, (its, proof, expires_at) in self._processes.items()
            if its is role and expires_at > now
        }
