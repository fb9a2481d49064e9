"""Jobs in memory, for fast tests: the same moves and the same refusals as in PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID

from config.failures import FailureCode
from service.errors import JobNotCompleted, JobNotFound, LeaseLost
from service.jobs.model import TERMINAL, TRANSITIONS, Job, Lease, NewJob, Status, utc_now
from service.jobs.operations.memory import MemoryOperations
from service.jobs.store import Expired, Repeat, worker_lost_message
from service.storage.base import StoredFile

# What a job has only while a worker holds it.
WORKERLESS: dict[str, Any] = dict.fromkeys(
    ("lease_owner", "lease_expires_at", "frames_done", "frames_expected")
)


class MemoryJobs(MemoryOperations):
    """Every port of service.jobs over a dict; clock gives the time, as now() does in SQL."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__(clock)
        self._since = clock()
        self._maintained = asyncio.Lock()

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
            input_name=new.input_name,
            fresh=new.fresh,
        )
        self._jobs[job.job_id] = job
        return job, True

    async def get(self, job_id: UUID, *, owner: str = "") -> Job:
        """See JobStore."""
        return self._owned(job_id, owner)

    async def summary(self, job_id: UUID) -> Mapping[str, Any]:
        """See JobStore."""
        if job_id not in self._jobs:
            raise JobNotFound.by_id(job_id)
        if self._jobs[job_id].status is not Status.COMPLETED:
            raise JobNotCompleted(str(job_id))
        return self._found[job_id].summary

    async def count_pending(self, owner: str) -> int:
        """See JobStore."""
        return sum(
            (job.owner, job.status) == (owner, Status.PENDING) for job in self._jobs.values()
        )

    async def check(self) -> None:
        """See JobStore: always ready."""

    async def claim(self, *, owner: str, lease_seconds: float) -> Job | None:
        """See LeaseStore."""
        pending = [job for job in self._jobs.values() if job.status is Status.PENDING]
        if not pending:
            return None
        job = min(pending, key=lambda job: (job.created_at, job.job_id))
        return self._move(
            job,
            Status.RUNNING,
            attempt=job.attempt + 1,
            lease_owner=owner,
            lease_expires_at=self._clock() + timedelta(seconds=lease_seconds),
        )

    async def requeue_claimed(self, owner: str) -> None:
        """See LeaseStore."""
        for job in [job for job in self._jobs.values() if job.lease_owner == owner]:
            self._requeue(job, interruptions=1)

    async def renew(
        self,
        lease: Lease,
        *,
        lease_seconds: float,
        frames_done: int | None = None,
        frames_expected: int | None = None,
    ) -> None:
        """See LeaseStore."""
        job = self._held(lease)
        self._jobs[job.job_id] = replace(
            job,
            lease_expires_at=self._clock() + timedelta(seconds=lease_seconds),
            frames_done=frames_done,
            frames_expected=frames_expected,
        )

    async def check_held(self, lease: Lease) -> None:
        """See HeldJobs."""
        self._held(lease)

    async def exists(self, job_id: UUID) -> bool:
        """See HeldJobs."""
        return job_id in self._jobs

    async def complete(
        self, lease: Lease, results: StoredFile, *, summary: Mapping[str, Any]
    ) -> None:
        """See LeaseStore; completing again what this attempt completed is no error."""
        done = self._jobs.get(lease.job_id)
        if done and (done.status, done.attempt) == (Status.COMPLETED, lease.attempt):
            return
        job = self._move(
            self._held(lease),
            Status.COMPLETED,
            output_path=results.key,
            output_bytes=results.size,
            output_sha256=results.sha256,
        )
        self._found[job.job_id] = Repeat(results, dict(summary))

    async def fail(self, lease: Lease, code: FailureCode, message: str) -> None:
        """See LeaseStore."""
        self._move(self._held(lease), Status.FAILED, error_code=code, error_message=message)

    async def requeue(self, lease: Lease, *, interrupted: bool) -> None:
        """See LeaseStore."""
        self._requeue(self._held(lease), interruptions=int(interrupted))

    async def find_repeat(self, job: Job, *, provenance: Mapping[str, Any]) -> Repeat | None:
        """See RepeatStore."""
        same = [
            (other.created_at, found)
            for other_id, found in self._found.items()
            if (other := self._jobs[other_id]).owner == job.owner
            and other.input_sha256 == job.input_sha256
            and found.summary.get("provenance") == provenance
        ]
        return max(same, key=itemgetter(0))[1] if same else None

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
            message = worker_lost_message(max_attempts)
            self._move(
                job, Status.FAILED, error_code=FailureCode.WORKER_LOST, error_message=message
            )
        requeued = [job for job in lost if job.crashes < max_attempts]
        for job in requeued:
            self._requeue(job, interruptions=0)
        return Expired(
            requeued=tuple(job.job_id for job in requeued),
            failed=tuple(job.job_id for job in failed),
        )

    @asynccontextmanager
    async def maintaining(self) -> AsyncIterator[bool]:
        """See MaintenanceStore: nobody else has these jobs, but another task may."""
        if self._maintained.locked():
            yield False
            return
        async with self._maintained:
            yield True

    async def remove_finished(self, *, days: int, limit: int) -> Sequence[Job]:
        """See MaintenanceStore."""
        until = self._clock() - timedelta(days=days)
        finished = [job for job in self._jobs.values() if job.status in TERMINAL]
        old = [job for job in finished if job.updated_at <= until]
        oldest = sorted(old, key=lambda job: job.updated_at)[:limit]
        return [await self.remove(job.job_id) for job in oldest]

    async def get_known(self, job_ids: Sequence[UUID]) -> Sequence[Job]:
        """See MaintenanceStore."""
        return [self._jobs[job_id] for job_id in job_ids if job_id in self._jobs]

    async def schema_since(self) -> datetime:
        """See MaintenanceStore."""
        return self._since

    def _held(self, lease: Lease) -> Job:
        job = self._jobs.get(lease.job_id)
        if job is None or job.lease_owner is None or job.lease != lease:
            raise LeaseLost(f"job {lease.job_id}, attempt {lease.attempt}")
        return job

    def _requeue(self, job: Job, *, interruptions: int) -> None:
        self._move(job, Status.PENDING, interruptions=job.interruptions + interruptions)

    def _move(self, job: Job, status: Status, **changes: Any) -> Job:
        if status not in TRANSITIONS[job.status]:
            raise LeaseLost(f"job {job.job_id} is {job.status}")
        moved = replace(job, status=status, updated_at=self._clock(), **WORKERLESS | changes)
        self._jobs[job.job_id] = moved
        return moved
