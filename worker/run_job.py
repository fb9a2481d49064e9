"""One job's way through the worker: claim, analyse, store, finish."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import UUID

from config.failures import FailureCode
from config.settings import Settings
from service.jobs.errors import (
    DatabaseUnavailable,
    FileMissing,
    LeaseLost,
    StorageError,
    StorageFull,
)
from service.jobs.lifecycle import after_crash, ring
from service.jobs.model import Job, Lease, Status, StoredFile, attempt_results_key, results_key
from service.jobs.store import JobStore, LeaseStore
from service.queue.base import PullQueue, QueueService
from service.storage.base import StorageService
from worker.driver import PipelineStopped
from worker.messages import Request
from worker.pipeline.errors import PipelineError
from worker.pipeline.report import results_document

RETRY_SECONDS = 0.5

T = TypeVar("T")

log = logging.getLogger(__name__)


class Jobs(JobStore, LeaseStore, Protocol):
    """Where the worker finds its jobs."""


class Executor(Protocol):
    """What analyses films; see PipelineExecutor."""

    def analyse(self, request: Request) -> AsyncGenerator[bytes, None]:
        """The film's frames in order, encoded; raises PipelineError, PipelineStopped."""
        ...

    @property
    def summary(self) -> Mapping[str, Any]:
        """What the film was that analyse() came to the end of."""
        ...


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs jobs, one at a time, under the leases of one owner."""

    jobs: Jobs
    queue: QueueService
    storage: StorageService
    executor: Executor
    settings: Settings
    owner: str

    async def run(self, job_id: UUID) -> None:
        """Claim the job and end it or hand it back; nothing happens when it is not pending.

        Raises DatabaseUnavailable when it cannot be claimed; recovery rings for it again.
        """
        lease_seconds = self.settings.lease_seconds
        job = await self.jobs.claim(job_id, owner=self.owner, lease_seconds=lease_seconds)
        if job is None:
            log.info("job not pending, left alone", extra={"job_id": str(job_id)})
            return
        log.info("job claimed", extra=_facts(job))
        try:
            await self._run(job)
        except LeaseLost:
            log.warning("lease lost, results dropped", extra=_facts(job))
            await self.storage.delete(attempt_results_key(job.lease))

    async def _run(self, job: Job) -> None:
        try:
            results = await self._while_held(job.lease, self._results(job))
        except LeaseLost:
            raise
        except PipelineStopped:
            await self._hand_back(job, interrupted=True)
        except Exception as error:
            await self._end_attempt(job, error)
        else:
            await self._complete(job, results, self.executor.summary)

    async def _results(self, job: Job) -> StoredFile:
        async with self.storage.local_file(job.input_path) as film:
            await _insist_on_whole(film, job)
            request = Request(
                path=str(film),
                pipeline_id=job.pipeline_id,
                frame_stride=job.options.frame_stride,
                max_frames=job.options.max_frames,
            )
            async with aclosing(self.executor.analyse(request)) as frames:
                document = results_document(frames)
                return await self.storage.save(attempt_results_key(job.lease), document)

    async def _complete(self, job: Job, results: StoredFile, summary: Mapping[str, Any]) -> None:
        await _until_available(lambda: self.jobs.complete(job.lease, results, summary=summary))
        log.info("job completed", extra=_facts(job) | {"bytes": results.size})
        try:
            await self.storage.publish(results.key, results_key(job.job_id))
        except StorageError as error:
            # Readers go by the row's path, so nothing is lost without the second name.
            log.warning("results not published", extra=_facts(job) | {"reason": str(error)})

    async def _end_attempt(self, job: Job, error: Exception) -> None:
        code, message = _reason(error)
        facts = _facts(job) | {"error_code": code, "reason": message}
        if after_crash(job, code, max_attempts=self.settings.max_attempts) is Status.PENDING:
            log.warning("attempt failed, job handed back", extra=facts)
            await self._hand_back(job, interrupted=False)
        else:
            log.warning("job failed", extra=facts)
            await _until_available(lambda: self.jobs.fail(job.lease, code, message))

    async def _hand_back(self, job: Job, *, interrupted: bool) -> None:
        ticket = await _until_available(
            lambda: self.jobs.hand_back(job.lease, interrupted=interrupted)
        )
        log.info("job handed back", extra=_facts(job) | {"interrupted": interrupted})
        with suppress(DatabaseUnavailable):
            await ring(self.jobs, self.queue, ticket)

    async def _while_held(self, lease: Lease, work: Coroutine[Any, Any, T]) -> T:
        """Work while the lease is renewed; LeaseLost ends the work.

        The beat ends before the job does, or it would take our own last write for somebody else's.
        """
        working, beating = asyncio.create_task(work), asyncio.create_task(self._beat(lease))
        try:
            await asyncio.wait({working, beating}, return_when=asyncio.FIRST_COMPLETED)
            if beating.done():
                beating.result()
            return await working
        finally:
            working.cancel()
            beating.cancel()
            await asyncio.gather(working, beating, return_exceptions=True)

    async def _beat(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(self.settings.beat_seconds)
            try:
                await self.jobs.renew(lease, lease_seconds=self.settings.lease_seconds)
            except DatabaseUnavailable as error:
                # Nobody else can take the job meanwhile; the next write finds out who holds it.
                facts = {"job_id": str(lease.job_id), "reason": str(error)}
                log.warning("lease not renewed", extra=facts)


async def run_once(runner: Runner, queue: PullQueue) -> bool:
    """Take the oldest ring and run its job; False when there is none."""
    job_id = await queue.dequeue()
    if job_id is None:
        return False
    await runner.run(job_id)
    return True


async def _insist_on_whole(film: Path, job: Job) -> None:
    size = (await asyncio.to_thread(film.stat)).st_size
    if size != job.input_bytes:
        raise FileMissing(f"{job.input_path} has {size} bytes of {job.input_bytes}")


async def _until_available(write: Callable[[], Awaitable[T]]) -> T:
    """Repeat a write until the database has taken or refused it: a finished film is worth it."""
    while True:
        try:
            return await write()
        except DatabaseUnavailable as error:
            log.warning("database unavailable, trying again", extra={"reason": str(error)})
            await asyncio.sleep(RETRY_SECONDS)


def _reason(error: Exception) -> tuple[FailureCode, str]:
    """The failed job's error code and the message its owner reads."""
    match error:
        case PipelineError():
            return error.code, error.message
        case FileMissing():
            return FailureCode.INPUT_MISSING, "The stored film is gone or cut off; submit it again."
        case StorageFull():
            return FailureCode.STORAGE_FULL, "The storage has no room for the results."
    log.error("job failed unexpectedly", exc_info=error)
    return FailureCode.INTERNAL_ERROR, f"The worker failed unexpectedly ({type(error).__name__})."


def _facts(job: Job) -> dict[str, Any]:
    return {"job_id": str(job.job_id), "attempt": job.attempt}
