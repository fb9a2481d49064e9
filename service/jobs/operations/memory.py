"""What an operator is shown, of jobs in memory."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from service.jobs.catalog.memory import MemoryCatalog
from service.jobs.model import TERMINAL, Status, utc_now
from service.jobs.operations.base import FINISHED_SECONDS, ConnectionFigures, JobFigures


class MemoryOperations(MemoryCatalog):
    """Every port of service.jobs.operations.base over a dict."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__()
        self._clock = clock

    async def figures(self) -> JobFigures:
        """See JobCounting."""
        now, jobs = self._clock(), self._jobs.values()
        pending = [job for job in jobs if job.status is Status.PENDING]
        waited = [(now - job.created_at).total_seconds() for job in pending]
        return JobFigures(
            pending=len(pending),
            running=sum(job.status is Status.RUNNING for job in jobs),
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
