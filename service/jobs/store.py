"""Ports to where jobs are kept: one for each of those who use it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from config.failures import FailureCode, exceeded
from service.jobs.model import Job, Lease, NewJob
from service.storage.base import StoredFile


def worker_lost_message(max_attempts: int) -> str:
    """What is said of a job whose workers were lost time and again."""
    return exceeded(
        "max_attempts",
        max_attempts,
        "as many attempts have crashed, the last one with its worker; the video may be to blame",
    )


class JobStore(Protocol):
    """What submissions and queries need. All raise DatabaseUnavailable, SchemaOutdated."""

    async def insert(self, new: NewJob) -> tuple[Job, bool]:
        """Store a pending job; (job, False) when this owner's idempotency key has one already."""
        ...

    async def get(self, job_id: UUID, *, owner: str = "") -> Job:
        """One job of an owner; another's is not found. Raises JobNotFound."""
        ...

    async def summary(self, job_id: UUID) -> Mapping[str, Any]:
        """What was found in a completed job's video; raises JobNotFound, JobNotCompleted."""
        ...

    async def count_pending(self, owner: str) -> int:
        """How many of an owner's jobs wait for a worker."""
        ...

    async def check(self) -> None:
        """Raise DatabaseUnavailable or SchemaOutdated unless jobs can be served."""
        ...


class LeaseStore(Protocol):
    """What a worker needs. Every write to a claimed job carries its lease and raises LeaseLost.

    All raise DatabaseUnavailable, SchemaOutdated; those that write what was found raise
    DatabaseRefused when the database can never take it.
    """

    async def claim(self, *, owner: str, lease_seconds: float) -> Job | None:
        """The oldest pending job, now running with one more attempt; None when none is pending.

        A job with options this program does not know is left to a newer one.
        """
        ...

    async def requeue_claimed(self, owner: str) -> None:
        """Running → pending for whatever this owner holds: a claim whose response was lost."""
        ...

    async def renew(
        self,
        lease: Lease,
        *,
        lease_seconds: float,
        frames_done: int | None = None,
        frames_expected: int | None = None,
    ) -> None:
        """Hold the job for lease_seconds from now, by the database's clock.

        frames_done, frames_expected: how far it has come, where that is known.
        """
        ...

    async def complete(
        self, lease: Lease, results: StoredFile, *, summary: Mapping[str, Any]
    ) -> None:
        """Running → completed with the results' path and hash, and what was found.

        summary: what `VideoFilePipelineService.summary` gives; its `texts` are kept one by one.
        """
        ...

    async def fail(self, lease: Lease, code: FailureCode, message: str) -> None:
        """Running → failed."""
        ...

    async def requeue(self, lease: Lease, *, interrupted: bool) -> None:
        """Running → pending; an interruption is not counted as a crash."""
        ...


class HeldJobs(Protocol):
    """What tells a worker between its heartbeats that a job was deleted, or is another's.

    Each reads one row by its key. All raise DatabaseUnavailable, SchemaOutdated.
    """

    async def check_held(self, lease: Lease) -> None:
        """Raise LeaseLost unless the job is held under this lease."""
        ...

    async def exists(self, job_id: UUID) -> bool:
        """Whether there is such a job."""
        ...


@dataclass(frozen=True, slots=True)
class Repeat:
    """What an earlier job found in the same bytes by the same means."""

    results: StoredFile
    summary: Mapping[str, Any]


class RepeatStore(Protocol):
    """Where a worker looks for what is known already. Raises DatabaseUnavailable, SchemaOutdated.

    Nobody gets what another owner's video gave: how soon it comes would tell that it was here.
    """

    async def find_repeat(self, job: Job, *, provenance: Mapping[str, Any]) -> Repeat | None:
        """The newest completed job of the same owner, bytes and provenance; None without one.

        provenance: as summaries carry it, pipeline and options included.
        """
        ...


class WorkerStore(LeaseStore, HeldJobs, RepeatStore, Protocol):
    """What running a job takes."""


@dataclass(frozen=True, slots=True)
class Expired:
    """What became of running jobs whose lease had expired."""

    requeued: tuple[UUID, ...] = ()
    failed: tuple[UUID, ...] = ()


class RecoveryStore(Protocol):
    """What recovery needs. All raise DatabaseUnavailable, SchemaOutdated."""

    async def check(self) -> None:
        """Raise DatabaseUnavailable or SchemaOutdated unless jobs can be served."""
        ...

    async def expire_leases(self, *, max_attempts: int) -> Expired:
        """Requeue or fail (worker_lost) every job whose lease has expired.

        A job that another process is writing to is left to the next pass.
        """
        ...


class MaintenanceStore(Protocol):
    """What deleting in the background needs. All raise DatabaseUnavailable, SchemaOutdated."""

    def maintaining(self) -> AbstractAsyncContextManager[bool]:
        """Whether this process may maintain now: nobody else does until the context is left."""
        ...

    async def remove_finished(self, *, days: int, limit: int) -> Sequence[Job]:
        """Delete at most limit jobs that finished at least so many days ago, the oldest first.

        They are what was deleted, with summary and texts. Their files are the caller's to delete,
        afterwards: no row names a file that is gone.
        """
        ...

    async def get_known(self, job_ids: Sequence[UUID]) -> Sequence[Job]:
        """Those of the jobs that there are, in no order."""
        ...

    async def schema_since(self) -> datetime:
        """When the first of these jobs can have been stored."""
        ...
