"""What a claimed job finds: an earlier job's results, or those of its own analysis."""

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from typing import Any

from config.settings import Settings
from service.jobs.model import Job, attempt_results_key
from service.jobs.partial import (
    Partial,
    PartialLost,
    load_segments,
    newest_partial,
    save_partial,
)
from service.jobs.store import Repeat, WorkerStore
from service.storage.base import Storage, StoredFile, require_unchanged, system_errors_mapped
from worker.pipeline.checkpoint import Checkpoint
from worker.pipeline.frame import Summary
from worker.pipeline.results.document import closing, count_lines, line_at
from worker.process.executor import PipelineExecutor
from worker.process.protocol import Request
from worker.repeats import find_repeated

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobAnalyser:
    """Finds and stores the results of claimed jobs; goes on where an earlier attempt ended."""

    jobs: WorkerStore
    storage: Storage
    executor: PipelineExecutor
    settings: Settings

    async def results(self, job: Job) -> tuple[StoredFile, Summary]:
        """The stored document of this attempt and its summary.

        Raises FileMissing, StorageError, PipelineError and whatever the analysis fails with.
        """
        if self.settings.repeats == "on" and not job.fresh and (repeat := await self._repeat(job)):
            log.info("results repeated", extra=facts_of(job))
            return repeat.results, Summary(repeat.summary)
        return await self._analyse(job)

    async def _repeat(self, job: Job) -> Repeat | None:
        provenance = await self.executor.provenance(job.pipeline_id)
        if provenance is None:
            return None
        return await find_repeated(job, provenance=provenance, jobs=self.jobs, storage=self.storage)

    async def _analyse(self, job: Job) -> tuple[StoredFile, Summary]:
        source = StoredFile(job.input_path, job.input_bytes, job.input_sha256)
        async with self.storage.local_file(source.key) as video:
            with system_errors_mapped(source.key):
                await require_unchanged(video, source)
            request = Request(
                path=str(video),
                pipeline_id=job.pipeline_id,
                frame_stride=job.options.frame_stride,
                max_frames=job.options.max_frames,
                region=job.options.region,
                checkpoint_seconds=self.settings.lease_seconds,
            )
            nothing = Partial(await self.identity(job))
            partial = await newest_partial(self.storage, job, nothing.identity)
            try:
                return await self._save(job, request, partial)
            except PartialLost as error:
                log.warning("checkpoint not usable", extra=facts_of(job) | {"reason": str(error)})
                return await self._save(job, request, nothing)

    async def identity(self, job: Job) -> dict[str, Any]:
        """All that decides the results: what was found under another one is not gone on with."""
        return {
            "input_sha256": job.input_sha256,
            "options": asdict(job.options),
            "provenance": await self.executor.provenance(job.pipeline_id),
        }

    async def _save(
        self, job: Job, request: Request, partial: Partial
    ) -> tuple[StoredFile, Summary]:
        """Analyse what comes after the partial, which every checkpoint on the way replaces."""
        summary: Summary

        async def document() -> AsyncIterator[bytes]:
            nonlocal summary
            done, frames, fresh = partial, partial.frames, list[bytes]()
            async for chunk in load_segments(self.storage, partial):
                yield chunk
            async for message in messages:
                match message:
                    case bytes():
                        fresh.append(line_at(frames, message))
                        frames += count_lines(message)
                        yield fresh[-1]
                    case Checkpoint(memory):
                        done = await save_partial(
                            self.storage, job.lease, done, fresh, frames=frames, memory=memory
                        )
                        fresh = []
                    case Summary():
                        summary = message
            yield closing(frames)

        analysis = self.executor.analyse(
            replace(request, memory=partial.memory), frames_before=partial.frames
        )
        async with aclosing(analysis) as messages:
            return await self.storage.save(attempt_results_key(job.lease), document()), summary


def facts_of(job: Job) -> dict[str, Any]:
    """What every line logged about a job carries."""
    return {"job_id": str(job.job_id), "attempt": job.attempt}
