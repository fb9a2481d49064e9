"""All jobs in memory: the same answers as PostgreSQL's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from service.errors import JobNotFound
from service.jobs.catalog.base import BEGINNING, FIRST_TEXT, Detail, Found, Place, TextPlace
from service.jobs.catalog.words import TextQuery
from service.jobs.model import Job, Status
from service.jobs.store import Repeat


class MemoryCatalog:
    """Every port of service.jobs.catalog.base over a dict."""

    def __init__(self) -> None:
        self._jobs: dict[UUID, Job] = {}
        self._found: dict[UUID, Repeat] = {}

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

    async def detail(self, job_id: UUID, *, owner: str = "") -> Detail:
        """See JobListing."""
        job = self._owned(job_id, owner)
        if job.status is not Status.PENDING:
            return Detail(job)
        pending = [other for other in self._jobs.values() if other.status is Status.PENDING]
        return Detail(job, sum(_age(other) < _age(job) for other in pending))

    async def remove(self, job_id: UUID, *, owner: str = "") -> Job:
        """See JobRemoval."""
        self._owned(job_id, owner)
        self._found.pop(job_id, None)
        return self._jobs.pop(job_id)

    async def adopt(self, owner: str) -> int:
        """See JobAdoption."""
        keys = {job.idempotency_key for job in self._jobs.values() if job.owner == owner}
        adopted = [job for job in self._jobs.values() if not job.owner]
        for job in adopted:
            key = None if job.idempotency_key in keys else job.idempotency_key
            self._jobs[job.job_id] = replace(job, owner=owner, idempotency_key=key)
        return len(adopted)

    async def search(
        self,
        query: TextQuery,
        *,
        limit: int,
        class_name: str | None = None,
        after: TextPlace = FIRST_TEXT,
        owner: str = "",
    ) -> Sequence[Found]:
        """See TextSearch."""
        completed = [job for job_id, job in self._jobs.items() if job_id in self._found]
        found = [
            _found(job, position, text)
            for job in sorted(completed, key=_age, reverse=True)
            if job.owner == owner
            for position, text in enumerate(self._found[job.job_id].summary["texts"])
            if class_name in (None, text["class_name"]) and query.matches(text["text"])
        ]
        return [each for each in found if _age(each) < _age(after) or _follows(each, after)][:limit]

    def _owned(self, job_id: UUID, owner: str) -> Job:
        job = self._jobs.get(job_id)
        if job is None or job.owner != owner:
            raise JobNotFound.by_id(job_id)
        return job


def _found(job: Job, position: int, text: Mapping[str, Any]) -> Found:
    return Found(
        job_id=job.job_id,
        created_at=job.created_at,
        input_name=job.input_name,
        position=position,
        text=text["text"],
        class_name=text["class_name"],
        first_ms=text["first_ms"],
        last_ms=text["last_ms"],
        confidence=text["confidence"],
    )


def _follows(found: Found, after: TextPlace) -> bool:
    return found.job_id == after.job_id and found.position > after.position


def _age(subject: Job | Place | Found | TextPlace) -> tuple[object, ...]:
    return subject.created_at, subject.job_id
