"""Ports to all the jobs there are. All raise DatabaseUnavailable, SchemaOutdated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from service.jobs.catalog.words import TextQuery
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


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Where a page of texts ended: within a job they go by their position in its summary."""

    created_at: datetime
    job_id: UUID
    position: int


FIRST_TEXT = TextPlace(BEGINNING.created_at, BEGINNING.job_id, -1)


@dataclass(frozen=True, slots=True)
class Found:
    """A text in a job's video, and from when to when it can be read there."""

    job_id: UUID
    created_at: datetime
    input_name: str | None
    position: int
    text: str
    class_name: str
    first_ms: int
    last_ms: int
    confidence: float

    @property
    def place(self) -> TextPlace:
        """Where a page that ends with it ends."""
        return TextPlace(self.created_at, self.job_id, self.position)


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

    async def detail(self, job_id: UUID, *, owner: str = "") -> Detail:
        """One job of an owner and its place in the queue; raises JobNotFound."""
        ...


class JobRemoval(Protocol):
    """Takes jobs away for good."""

    async def remove(self, job_id: UUID, *, owner: str = "") -> Job:
        """Delete an owner's job with its summary and texts, even a running one; as it stood.

        Its files are the caller's to delete, afterwards: no row names a file that is gone.
        Raises JobNotFound.
        """
        ...


class JobAdoption(Protocol):
    """Gives jobs that belong to nobody an owner."""

    async def adopt(self, owner: str) -> int:
        """Give every job that was submitted without a token to an owner; how many they were.

        An Idempotency-Key that the owner has used stays with the job it has it on.
        """
        ...


class TextSearch(Protocol):
    """Texts of all completed jobs."""

    async def search(
        self,
        query: TextQuery,
        *,
        limit: int,
        class_name: str | None = None,
        after: TextPlace = FIRST_TEXT,
        owner: str = "",
    ) -> Sequence[Found]:
        """At most limit of an owner's texts that match, those of the newest job first."""
        ...
