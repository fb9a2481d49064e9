"""Jobs in memory, for fast tests: the same moves and the same refusals as in PostgreSQL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from config.failures import FailureCode
from service.jobs.errors import JobNotFound, LeaseLost
from service.jobs.model import TRANSITIONS, Job, Lease, NewJob, Status, StoredFile, Ticket
from service.jobs.store import WORKER_LOST_MESSAGE, Expired


def utc_now() -> datetime:
    """The time of day, with its zone."""
    return datetime.now(UTC)


class MemoryJobs:
    """Every port of service.jobs.store over a dict; clock tells the time, as now() does in SQL."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._jobs: dict[UUID, Job] = {}

    async def insert(self, new: NewJob) -> tuple[Job, bool]:
        """See JobStore."""
        if new.idempotency_key is not None:
            for job in self._jobs.values():
                if (job.owner, job.idempotency_key) == (new.owner, new.idempotency_key):
                    return job, False
        now = self._clock()
        job = Job(
            job_id=new.job_id,
            status=Status.PENDING,
            pipeline_id=new.pipeline_id,
            input_path=new.source.key,
            input_bytes=new.source.size,
            input_sha256=new.source.sha256,
            created_at=now,
            updated_at=now,
            options=new.options,
            owner=new.owner,
            idempotency_key=new.idempotency_key,
        )
        self._jobs[job.job_id] = job
        return job, True

    async def get(self, job_id: UUID) -> Job:
        """See JobStore."""
        if job_id not in self._jobs:
            raise JobNotFound(str(job_id))
        return self._jobs[job_id]

    async def mark_rung(self, tickets: Sequence[Ticket]) -> None:
        """See JobStore."""
        for ticket in tickets:
            job = self._jobs.get(ticket.job_id)
            if job and job.status is Status.PENDING and job.dispatch_no == ticket.dispatch_no:
                self._jobs[job.job_id] = replace(job, dispatched_at=self._clock())

    async def check(self) -> None:
        """See JobStore: always ready."""

    async def claim(self, job_id: UUID, *, owner: str, lease_seconds: float) -> Job | None:
        """See LeaseStore."""
        job = self._jobs.get(job_id)
        if job is None or job.status is not Status.PENDING:
            return None
        return self._move(
            job,
            Status.RUNNING,
            attempt=job.attempt + 1,
            lease_owner=owner,
            lease_expires_at=self._clock() + timedelta(seconds=lease_seconds),
        )

    async def renew(self, lease: Lease, *, lease_seconds: float) -> None:
        """See LeaseStore."""
        job = self._held(lease)
        ends = self._clock() + timedelta(seconds=lease_seconds)
        self._jobs[job.job_id] = replace(job, lease_expires_at=ends)

    async def complete(
        self, lease: Lease, results: StoredFile, *, summary: Mapping[str, Any]
    ) -> None:
        """See LeaseStore; completing again what this attempt completed is no error."""
        job = self._jobs.get(lease.job_id)
        if job and (job.status, job.attempt) == (Status.COMPLETED, lease.attempt):
            return
        self._move(
            self._held(lease),
            Status.COMPLETED,
            output_path=results.key,
            output_bytes=results.size,
            output_sha256=results.sha256,
            summary=dict(summary),
        )

    async def fail(self, lease: Lease, code: FailureCode, message: str) -> None:
        """See LeaseStore."""
        self._move(self._held(lease), Status.FAILED, error_code=code, error_message=message)

    async def hand_back(self, lease: Lease, *, interrupted: bool) -> Ticket:
        """See LeaseStore."""
        return self._hand_back(self._held(lease), interruptions=int(interrupted))

    async def expire_leases(self, *, max_attempts: int) -> Expired:
        """See RecoveryStore."""
        now = self._clock()
        lost = [
            job
            for job in self._jobs.values()
            if job.lease_expires_at and job.lease_expires_at < now
        ]
        failed = [job for job in lost if job.crashes >= max_attempts]
        for job in failed:
            message = WORKER_LOST_MESSAGE.format(max_attempts)
            self._move(
                job, Status.FAILED, error_code=FailureCode.WORKER_LOST, error_message=message
            )
        tickets = tuple(self._hand_back(job) for job in lost if job.crashes < max_attempts)
        return Expired(tickets, tuple(job.job_id for job in failed))

    async def tickets_to_check(self, *, rung_before_seconds: float, limit: int) -> list[Ticket]:
        """See RecoveryStore."""
        before = self._clock() - timedelta(seconds=rung_before_seconds)
        pending = [job for job in self._jobs.values() if job.status is Status.PENDING]
        due = [job for job in pending if not job.dispatched_at or job.dispatched_at < before]
        oldest_first = sorted(due, key=lambda job: (job.created_at, job.job_id))
        return [job.ticket for job in oldest_first[:limit]]

    async def renumber(self, ticket: Ticket) -> Ticket | None:
        """See RecoveryStore."""
        job = self._jobs.get(ticket.job_id)
        if job is None or job.status is not Status.PENDING or job.ticket != ticket:
            return None
        job = replace(job, dispatch_no=job.dispatch_no + 1, dispatched_at=None)
        self._jobs[job.job_id] = job
        return job.ticket

    def _held(self, lease: Lease) -> Job:
        job = self._jobs.get(lease.job_id)
        if job is None or job.lease_owner is None or job.lease != lease:
            raise LeaseLost(f"job {lease.job_id}, attempt {lease.attempt}")
        return job

    def _hand_back(self, job: Job, *, interruptions: int = 0) -> Ticket:
        return self._move(
            job,
            Status.PENDING,
            interruptions=job.interruptions + interruptions,
            dispatch_no=job.dispatch_no + 1,
            dispatched_at=None,
        ).ticket

    def _move(self, job: Job, status: Status, **changes: Any) -> Job:
        if status not in TRANSITIONS[job.status]:
            raise LeaseLost(f"job {job.job_id} is {job.status}")
        no_lease = {"lease_owner": None, "lease_expires_at": None}
        moved = replace(job, status=status, updated_at=self._clock(), **no_lease | changes)
        self._jobs[job.job_id] = moved
        return moved
