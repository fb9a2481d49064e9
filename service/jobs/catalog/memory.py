"""All jobs in memory: the same answers as PostgreSQL's."""

from collections.abc import Sequence
from uuid import UUID

from service.errors import JobNotFound
from service.jobs.catalog.base import BEGINNING, Detail, Place
from service.jobs.model import Job, Status


class MemoryCatalog:
    """Every port of service.jobs.catalog.base over a dict."""

    def __init__(self) -> None:
        self._jobs: dict[UUID, Job] = {}

    async def list_jobs(
        self,
        *,
        limit: int,
        status: Status | None = None,
        after: Place = BEGINNING,
        owner: str = "",
    ) -> Sequence[Job]:
        """See JobListing."""
        found = [
            job
            for job in self._jobs.values()
            if job.owner == owner and status in (None, job.status) and _age(job) < _age(after)
        ]
        return sorted(found, key=_age, reverse=True)[:limit]

    async def detail(self, job_id: UUID) -> Detail:
        """See JobListing."""
        if job_id not in self._jobs:
            raise JobNotFound(str(job_id))
        job = self._jobs[job_id]
        if job.status is not Status.PENDING:
            return Detail(job)
        pending = [other for other in self._jobs.values() if other.status is Status.PENDING]
        return Detail(job, sum(_age(other) < _age(job) for other in pending))

    async def remove(self, job_id: UUID) -> Job:
        """See JobRemoval."""
        if job_id not in self._jobs:
            raise JobNotFound(str(job_id))
        return self._jobs.pop(job_id)


def _age(subject: Job | Place) -> tuple[object, ...]:
    return subject.created_at, subject.job_id
