"""Ports to all the jobs there are. All raise DatabaseUnavailable, SchemaOutdated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from service.jobs.model import Job, Status


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of jobs ended: the next begins with what is older."""

    created_at: datetime
    job_id: UUID


BEGINNING = Place(datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True)
class Detail:
    """A job, and of a pending one how many are claimed before it."""

    job: Job
    queue_position: int | None = None


class JobListing(Protocol):
    """Jobs, many at a time."""

    async def list_jobs(
        self,
        *,
        limit: int,
        status: Status | None = None,
        after: Place = BEGINNING,
        owner: str = "",
    ) -> Sequence[Job]:
        """At most limit of an owner's jobs, newest first, after a place."""
        ...

    async def detail(self, job_id: UUID) -> Detail:
        """One job and its place in the queue; raises JobNotFound."""
        ...


class JobRemoval(Protocol):
    """Takes jobs away for good."""

    async def remove(self, job_id: UUID) -> Job:
        """Delete a job with its summary and texts, whoever holds it; the job as it stood.

        Its files are the caller's to delete, afterwards: no row names a file that is gone.
        Raises JobNotFound.
        """
        ...
