"""A worker's surroundings without servers: jobs and queue in memory, videos in a folder."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from config.settings import Settings
from service.dispatch.submit import submit
from service.jobs.memory import MemoryJobs
from service.jobs.model import Job, NewJob, source_key, utc_now
from service.queue.memory import MemoryQueue
from service.storage.local import LocalStorage
from tests.unit.worker.scripted_child import SCRIPTED
from worker.process.client import ProcessLimits
from worker.process.executor import PipelineExecutor, open_executor
from worker.run_job import JobRunner

LIMITS = ProcessLimits(stall_seconds=60, memory_bytes=2**31, term_seconds=0.3)


class MovableClock:
    """The time of day, which a test may move on."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def move_on(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


@dataclass
class Bench:
    """One worker's parts."""

    clock: MovableClock
    jobs: MemoryJobs
    queue: MemoryQueue
    storage: LocalStorage
    folder: Path
    executor: PipelineExecutor
    runner: JobRunner

    async def submit(self, behaviour: str, **changes: Any) -> Job:
        """A pending job whose video says what the pipeline process does."""
        job_id = uuid4()
        source = await self.storage.save(source_key(job_id), _chunks(behaviour.encode()))
        new = replace(NewJob(job_id=job_id, pipeline_id="yolo_ocr", source=source), **changes)
        job, _ = await submit(self.jobs, self.queue, new)
        return job

    async def claim(self) -> Job:
        """The oldest pending job, claimed by this worker."""
        runner = self.runner
        job = await self.jobs.claim(owner=runner.owner, lease_seconds=runner.settings.lease_seconds)
        assert job is not None
        return job

    async def run_next(self) -> None:
        """Run the oldest pending job."""
        await self.runner.run(await self.claim())

    async def again(self, job: Job) -> Job:
        """The job as it stands now."""
        return await self.jobs.get(job.job_id, owner=job.owner)

    def with_jobs(self, jobs: MemoryJobs) -> "Bench":
        """The same worker over other jobs."""
        return replace(self, jobs=jobs, runner=replace(self.runner, jobs=jobs))

    def with_storage(self, storage: LocalStorage) -> "Bench":
        """The same worker over another storage."""
        return replace(self, storage=storage, runner=replace(self.runner, storage=storage))

    def with_settings(self, **changes: Any) -> "Bench":
        """The same worker, otherwise set; its pipeline process stays as it is."""
        settings = self.runner.settings.model_copy(update=changes)
        return replace(self, runner=replace(self.runner, settings=settings))

    def with_lease(self, lease_seconds: float) -> "Bench":
        """The same worker with leases of another length."""
        return self.with_settings(lease_seconds=lease_seconds)

    def files_of(self, job: Job) -> list[str]:
        """Names of what is stored for a job, also of what is only half written."""
        return sorted(
            path.name.replace(str(job.job_id), "ID")
            for path in self.folder.rglob(f"*{job.job_id}*")
        )


@pytest.fixture
def settings() -> Settings:
    return Settings(
        database_url="postgresql://nowhere/none", redis_url="redis://nowhere", lease_seconds=20
    )


@pytest.fixture
async def executor(settings: Settings) -> AsyncIterator[PipelineExecutor]:
    async with open_executor(settings, program=SCRIPTED, limits=LIMITS) as opened:
        yield opened


@pytest.fixture
def bench(settings: Settings, executor: PipelineExecutor, tmp_path: Path) -> Bench:
    clock = MovableClock()
    jobs, queue, storage = MemoryJobs(clock), MemoryQueue(), LocalStorage(tmp_path)
    runner = JobRunner(jobs, queue, storage, executor, settings, owner="host:1:a")
    return Bench(clock, jobs, queue, storage, tmp_path, executor, runner)


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content
