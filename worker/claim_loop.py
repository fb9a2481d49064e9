"""Which job a worker takes, and when: the oldest pending row, at each wake-up and when idle."""

import asyncio
import logging
import math
import time
from typing import Protocol

from service.errors import ServiceError, StorageNotShared, StorageNotWritable
from service.jobs.model import Job
from service.jobs.store import JobStore
from service.presence import WRITABLE_HINT, prove_storage, require_shared
from worker.run_job import WORKER_UNFIT, JobRunner, RunnableJobs

# What a lost wake-up costs. An idle worker asks the database this often, whatever Redis says.
IDLE_SECONDS = 5.0

log = logging.getLogger(__name__)


class ClaimableJobs(JobStore, RunnableJobs, Protocol):
    """Where a worker finds its jobs."""


class ClaimLoop:
    """Claims and runs one job after the other until it is told to stop."""

    def __init__(
        self, jobs: ClaimableJobs, runner: JobRunner, *, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._jobs = jobs
        self._runner = runner
        self._idle_seconds = idle_seconds
        self._stopped = False
        self._schema_seen = False
        self._claim_unanswered = False
        self._storage_seen_at = -math.inf
        self._is_storage_doubted = False
        self._is_writing_doubted = False
        self._is_idle_poll = False
        self._woken = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []

    async def run(self) -> None:
        """Take what is pending, then wait for a wake-up or for idle_seconds; until stop().

        Raises what makes this worker unfit for every job: SettingsError, PipelineNotReady.
        """
        try:
            while not self._stopped:
                self._woken.clear()
                answered, self._waiting = self._waiting, []
                try:
                    while await self._take():
                        pass
                finally:
                    _release(answered)
                await self._wait()
        finally:
            self._stopped = True
            _release(self._waiting)

    def stop(self) -> None:
        """Claim no other job; run() comes back when the one under way has ended."""
        self._stopped = True
        self._woken.set()

    async def wake(self) -> None:
        """Claim now; comes back when nothing was pending any more, so a busy worker keeps us."""
        if self._stopped:
            return
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        self._woken.set()
        await answer

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._idle_seconds):
                await self._woken.wait()
        except TimeoutError:
            self._is_idle_poll = True

    async def _take(self) -> bool:
        """Claim a job and run it; False when there was none, or when anything went wrong."""
        if self._stopped:
            return False
        try:
            job = await self._claim()
            if job is None:
                return False
            if self._stopped:
                await self._runner.requeue(job, interrupted=True)
            else:
                await self._runner.run(job)
        except WORKER_UNFIT:
            raise
        except StorageNotShared as error:
            self._doubt_storage(error)
        except StorageNotWritable as error:
            self._doubt_writing(error)
        except ServiceError as error:
            self._schema_seen = False
            log.warning("claim failed, trying again", extra={"reason": str(error)})
        except Exception:
            self._schema_seen = False
            log.exception("claim loop failed, trying again")
        else:
            return True
        return False

    async def _claim(self) -> Job | None:
        if not self._schema_seen:
            await self._jobs.check()
            self._schema_seen = True
        await self._require_shared_storage()
        await self._require_writable_storage()
        if self._claim_unanswered:
            # It may have gone through, and then nobody runs what we hold.
            await self._jobs.requeue_claimed(self._runner.owner)
        self._claim_unanswered = True
        runner = self._runner
        job = await self._jobs.claim(
            owner=runner.owner, lease_seconds=runner.settings.lease_seconds
        )
        self._claim_unanswered = False
        # What is found after it may have been called for in the meantime.
        is_idle_poll, self._is_idle_poll = self._is_idle_poll, False
        if job is not None and is_idle_poll:
            runner.metrics.idle_claim()
        return job

    async def _require_shared_storage(self) -> None:
        """Claim nothing where web keeps its videos elsewhere: they would be taken for lost."""
        runner, now = self._runner, time.monotonic()
        if now - self._storage_seen_at < runner.settings.heartbeat_seconds:
            return
        await require_shared(self._jobs, runner.storage, certainly=self._is_storage_doubted)
        self._storage_seen_at, self._is_storage_doubted = now, False

    async def _require_writable_storage(self) -> None:
        """Claim nothing while nothing may be written: each job would fail, as one has."""
        if self._is_writing_doubted:
            await prove_storage(self._runner.storage)
            self._is_writing_doubted = False

    def _doubt_storage(self, error: StorageNotShared) -> None:
        if not self._is_storage_doubted:
            log.error(
                "worker claims nothing until web has its storage", extra={"reason": str(error)}
            )
        self._storage_seen_at, self._is_storage_doubted = -math.inf, True

    def _doubt_writing(self, error: StorageNotWritable) -> None:
        if not self._is_writing_doubted:
            log.error(
                "worker claims nothing until it may write to its storage",
                extra={"reason": str(error), "hint": WRITABLE_HINT},
            )
        self._is_writing_doubted = True


def _release(waiting: list[asyncio.Future[None]]) -> None:
    for answer in waiting:
        if not answer.done():
            answer.set_result(None)
