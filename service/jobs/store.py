"""Ports to where jobs are kept: one for each of those who use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from config.failures import FailureCode
from service.jobs.model import Job, Lease, NewJob, StoredFile, Ticket

WORKER_LOST_MESSAGE = (
    "the worker was lost {} times while it had this film; the film may be to blame"
)


class JobStore(Protocol):
    """What a submission and a question need. All raise DatabaseUnavailable."""

    async def insert(self, new: NewJob) -> tuple[Job, bool]:
        """Store a pending job; (job, False) when this owner's idempotency key has one already."""
        ...

    async def get(self, job_id: UUID) -> Job:
        """One job; raises JobNotFound."""
        ...

    async def mark_rung(self, tickets: Sequence[Ticket]) -> None:
        """Note that these rings reached the queue."""
        ...

    async def check(self) -> None:
        """Raise DatabaseUnavailable or SchemaOutdated unless jobs can be served."""
        ...


class LeaseStore(Protocol):
    """What a worker needs. Every write but the claim carries the lease and raises LeaseLost."""

    async def claim(self, job_id: UUID, *, owner: str, lease_seconds: float) -> Job | None:
        """Pending → running with one more attempt; None when it is not pending (any more)."""
        ...

    async def renew(self, lease: Lease, *, lease_seconds: float) -> None:
        """Hold the job for lease_seconds from now, by the database's clock."""
        ...

    async def complete(
        self, lease: Lease, results: StoredFile, *, summary: Mapping[str, Any]
    ) -> None:
        """Running → completed with the results' path and hash."""
        ...

    async def fail(self, lease: Lease, code: FailureCode, message: str) -> None:
        """Running → failed."""
        ...

    async def hand_back(self, lease: Lease, *, interrupted: bool) -> Ticket:
        """Running → pending under a new ring; an interruption is not counted as a crash."""
        ...


@dataclass(frozen=True, slots=True)
class Expired:
    """What became of running jobs whose lease was over."""

    handed_back: tuple[Ticket, ...] = ()
    failed: tuple[UUID, ...] = ()


class RecoveryStore(Protocol):
    """What recovery needs. All raise DatabaseUnavailable."""

    async def expire_leases(self, *, max_attempts: int) -> Expired:
        """Hand back or fail (worker_lost) every job whose lease is over.

        Does nothing while another process is at it.
        """
        ...

    async def tickets_to_check(self, *, rung_before_seconds: float, limit: int) -> list[Ticket]:
        """Pending jobs never rung, or rung that long ago; oldest first."""
        ...

    async def renumber(self, ticket: Ticket) -> Ticket | None:
        """The same job under a new ring; None when it moved on meanwhile."""
        ...

    async def mark_rung(self, tickets: Sequence[Ticket]) -> None:
        """Note that these rings reached the queue."""
        ...
