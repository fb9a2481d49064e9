"""One claimed job's way through the worker: analyse, then complete, requeue or fail."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from config.failures import RETRYABLE, FailureCode, exceeded
from config.settings import Settings, SettingsError
from service.dispatch.submit import after_crash, wake_workers
from service.errors import (
    DatabaseRefused,
    DatabaseUnavailable,
    FileMissing,
    LeaseLost,
    SchemaOutdated,
    StorageError,
    StorageFull,
    StorageNotShared,
    StorageNotWritable,
    StorageUnavailable,
    TooLittleRoom,
)
from service.jobs.model import Job, Status, attempt_results_key, results_key
from service.jobs.operations.base import ProcessPresence
from service.jobs.store import WorkerStore
from service.maintenance.removal import delete_files, delete_partials
from service.presence import prove_storage, require_shared
from service.queue.base import PullQueue, QueueService
from service.storage.base import Storage, StoredFile
from worker.heartbeat import heartbeat, unless_lost
from worker.job_analysis import JobAnalyser, facts_of
from worker.metrics import WorkerMetrics
from worker.pipeline.errors import PipelineError, PipelineNotReady
from worker.pipeline.frame import Summary
from worker.process.client import PipelineStopped
from worker.process.executor import PipelineExecutor

RETRY_SECONDS = 0.5
# Weights that vanished, models that load no more: the next job would fare no better here.
WORKER_UNFIT = (SettingsError, PipelineNotReady)

T = TypeVar("T")


class RunnableJobs(WorkerStore, ProcessPresence, Protocol):
    """Where claimed jobs are kept, and who lives is known."""


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobRunner:
    """Runs claimed jobs, one at a time; owner is the name its leases carry."""

    jobs: RunnableJobs
    queue: QueueService
    storage: Storage
    executor: PipelineExecutor
    settings: Settings
    owner: str
    metrics: WorkerMetrics = field(default_factory=WorkerMetrics)

    @property
    def analyser(self) -> JobAnalyser:
        """Finds what its jobs are claimed for."""
        return JobAnalyser(self.jobs, self.storage, self.executor, self.settings)

    async def run(self, job: Job) -> None:
        """Run a job just claimed to its end, or requeue it; when its lease is lost, drop it.

        Raises SettingsError, PipelineNotReady when this worker can run no job any more,
        StorageNotShared when it cannot see the video, and perhaps others can, and
        StorageNotWritable when it may not write results, be it of this job or the next.
        """
        log.info("job claimed", extra=facts_of(job))
        self.metrics.attempt_begun()
        try:
            async with heartbeat(
                self.jobs,
                job.lease,
                lease_seconds=self.settings.lease_seconds,
                progress=lambda: self.executor.progress_under_way,
            ) as renewing:
                await self._run(job, renewing)
        except LeaseLost:
            self.metrics.attempt_ended("lease_lost")
            log.warning("lease lost, results dropped", extra=facts_of(job))
            await self._drop_results(job)
            await self._drop_if_deleted(job)

    async def _run(self, job: Job, renewing: asyncio.Task[None]) -> None:
        try:
            results, summary = await unless_lost(renewing, self.analyser.results(job))
        except LeaseLost:
            raise
        except PipelineStopped:
            await self._interrupted(job)
        except WORKER_UNFIT:
            await self._interrupted(job)
            raise
        except FileMissing as error:
            await self._end_without_video(job, renewing, error)
        except StorageUnavailable as error:
            await self._wait_for_storage(job, renewing, error)
        except StorageNotWritable as error:
            await self._end_attempt(job, error)
            raise
        except Exception as error:
            await self._end_attempt(job, error)
        else:
            await self._complete(job, results, summary)

    async def _end_without_video(
        self, job: Job, renewing: asyncio.Task[None], error: FileMissing
    ) -> None:
        try:
            await self._require_shared(job)
        except StorageUnavailable as away:
            await self._wait_for_storage(job, renewing, away)
        else:
            await self._end_attempt(job, error)

    async def _wait_for_storage(
        self, job: Job, renewing: asyncio.Task[None], error: StorageUnavailable
    ) -> None:
        facts = facts_of(job) | {"reason": str(error)}
        log.warning("storage unavailable, the job waits for it", extra=facts)
        await unless_lost(renewing, self._storage_back())
        await self._interrupted(job)

    async def _storage_back(self) -> None:
        """Come back when files can be written and read again, or when the worker is stopped.

        Until then no job would fare better, and each would cost an attempt.
        """
        while not self.executor.is_stopped:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                await prove_storage(self.storage)
            except StorageError as error:
                log.warning("storage unavailable, trying again", extra={"reason": str(error)})
            else:
                return

    async def _complete(self, job: Job, results: StoredFile, summary: Summary) -> None:
        try:
            await _until_available(
                lambda: self.jobs.complete(job.lease, results, summary=summary.document)
            )
        except DatabaseRefused:
            log.exception("results not recorded", extra=facts_of(job))
            await self._drop_results(job)
            await self._fail(job, FailureCode.INTERNAL_ERROR, "What was found cannot be recorded.")
            return
        log.info("job completed", extra=facts_of(job) | {"bytes": results.size})
        self.metrics.attempt_ended("completed")
        try:
            await self.storage.publish(results.key, results_key(job.job_id))
        except (StorageError, OSError) as error:
            # Readers go by the row's path, so nothing is lost without the second name.
            log.warning("results not published", extra=facts_of(job) | {"reason": str(error)})
        await delete_partials(self.storage, job)
        await self._drop_if_deleted(job)

    async def _drop_if_deleted(self, job: Job) -> None:
        """Delete what came after whoever deleted the job had deleted its files."""
        if not await _until_available(lambda: self.jobs.exists(job.job_id)):
            log.info("job deleted, results dropped", extra=facts_of(job))
            await delete_files(self.storage, job)

    async def _end_attempt(self, job: Job, error: Exception) -> None:
        code, message = _reason(error)
        facts = facts_of(job) | {"error_code": code, "reason": message}
        if after_crash(job, code, max_attempts=self.settings.max_attempts) is Status.PENDING:
            log.warning("attempt failed, job requeued", extra=facts)
            await self.requeue(job, interrupted=False)
            self.metrics.attempt_ended("crashed", code)
        else:
            log.warning("job failed", extra=facts)
            await self._fail(job, code, _last_words(job, code, message, self.settings.max_attempts))

    async def _fail(self, job: Job, code: FailureCode, message: str) -> None:
        await _until_available(lambda: self.jobs.fail(job.lease, code, message))
        self.metrics.attempt_ended("failed", code)
        await delete_partials(self.storage, job)

    async def requeue(self, job: Job, *, interrupted: bool) -> None:
        """Make a claimed job pending again, and wake a worker for it; raises LeaseLost."""
        await _until_available(lambda: self.jobs.requeue(job.lease, interrupted=interrupted))
        log.info("job requeued", extra=facts_of(job) | {"interrupted": interrupted})
        await wake_workers(self.queue, [job.job_id])

    async def _interrupted(self, job: Job) -> None:
        await self.requeue(job, interrupted=True)
        self.metrics.attempt_ended("interrupted")

    async def _require_shared(self, job: Job) -> None:
        """A video that is not here is gone only where it is certain that it was stored here."""
        try:
            await _until_available(lambda: require_shared(self.jobs, self.storage, certainly=True))
        except StorageNotShared:
            await self._interrupted(job)
            raise

    async def _drop_results(self, job: Job) -> None:
        await self.storage.delete(attempt_results_key(job.lease))


async def run_once(runner: JobRunner, queue: PullQueue) -> bool:
    """Take an id from the queue and run the job that is next; False when nobody called."""
    if await queue.dequeue() is None:
        return False
    job = await runner.jobs.claim(owner=runner.owner, lease_seconds=runner.settings.lease_seconds)
    if job is not None:
        await runner.run(job)
    return True


async def _until_available(write: Callable[[], Awaitable[T]]) -> T:
    """Repeat a write until the database has taken or refused it: a finished video is worth it.

    A stop ends it from outside. Raises LeaseLost, DatabaseRefused.
    """
    while True:
        try:
            return await write()
        except (DatabaseUnavailable, SchemaOutdated) as error:
            log.warning("database unavailable, trying again", extra={"reason": str(error)})
            await asyncio.sleep(RETRY_SECONDS)


def _reason(error: Exception) -> tuple[FailureCode, str]:
    """The failed job's error code and the message its owner reads."""
    match error:
        case PipelineError():
            return error.code, error.message
        case FileMissing():
            return (
                FailureCode.INPUT_MISSING,
                "The stored video is gone or was changed; submit it again.",
            )
        case TooLittleRoom():
            return FailureCode.STORAGE_FULL, str(error)
        case StorageNotWritable():
            return FailureCode.STORAGE_FULL, "The worker may not write to its storage."
        case StorageFull():
            return FailureCode.STORAGE_FULL, "There is no room for the video or its results."
    log.error("job failed unexpectedly", exc_info=error)
    return FailureCode.INTERNAL_ERROR, f"The worker failed unexpectedly ({type(error).__name__})."


def _last_words(job: Job, code: FailureCode, message: str, max_attempts: int) -> str:
    """The message, and what kept the job from another attempt."""
    if not RETRYABLE[code]:
        return message
    found = f"{job.crashes} attempts have crashed, the last one so"
    return f"{exceeded('max_attempts', max_attempts, found)}: {message}"
