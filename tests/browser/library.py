"""Jobs in any state, put there through the stores: no browser test waits for an analysis."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from config.failures import FailureCode
from config.settings import Settings
from service.jobs.model import Lease, NewJob, Options, attempt_results_key, source_key
from service.services import Services
from service.storage.base import CHUNK_BYTES, StoredFile
from service.wiring import open_services
from worker.pipeline.frame import Detection, FrameResult
from worker.pipeline.results.document import closing, encode_frame, line_at
from worker.pipeline.results.summary import Occurrences
from worker.pipeline.track.tracker import TrackText

OWNER = "test"
LEASE_SECONDS = 600.0
DEFAULT = "yolo_ocr"

T = TypeVar("T")


@dataclass(frozen=True)
class Result:
    """What an analysis found in a video: frames, what its tracks say, and its own size."""

    frames: Sequence[FrameResult]
    tracks: Sequence[TrackText]
    width: int
    height: int
    duration_ms: int
    frames_decoded: int
    stride: int = 1

    def summary(self) -> dict[str, Any]:
        """As `VideoFilePipelineService.summary` gives it."""
        occurrences = Occurrences()
        for frame in self.frames:
            occurrences.add(frame)
        return {
            "video": {
                "width": self.width,
                "height": self.height,
                "duration_ms": self.duration_ms,
                "frames_expected": self.frames_decoded,
                "frames_decoded": self.frames_decoded,
                "frames_analysed": len(self.frames),
                "frames_corrupt": 0,
                "frames_failed": 0,
                "truncated": False,
            },
            "classes": occurrences.classes(),
            "provenance": {"pipeline_id": DEFAULT},
            **occurrences.texts(self.tracks, dropped_tracks=False),
        }


@dataclass(frozen=True)
class Library:
    """Adds jobs to the system that this environment describes."""

    environ: Mapping[str, str]

    def pending(self, video: Path, name: str | None = None) -> str:
        """A job that waits, and goes on to: no worker runs."""
        return self._run(lambda services: self._insert(services, video, name, 1))

    def pending_many(self, count: int) -> None:
        """So many jobs that wait; nobody looks at their videos."""

        async def insert(services: Services) -> None:
            for number in range(count):
                job_id = uuid4()
                source = StoredFile(source_key(job_id), 1000, "0" * 64)
                new = NewJob(job_id, DEFAULT, source, input_name=f"clip {number}.mp4")
                await services.jobs.insert(new)

        self._run(insert)

    def running(self, video: Path, name: str | None = None, *, done: int, expected: int) -> str:
        """A job whose worker has told how far it is."""

        async def run(services: Services) -> str:
            lease = await self._claimed(services, video, name, 1)
            await services.jobs.renew(
                lease, lease_seconds=LEASE_SECONDS, frames_done=done, frames_expected=expected
            )
            return str(lease.job_id)

        return self._run(run)

    def completed(self, video: Path, name: str | None, result: Result) -> str:
        """A job with its results."""

        async def run(services: Services) -> str:
            lease = await self._claimed(services, video, name, result.stride)
            await self._complete(services, lease, result)
            return str(lease.job_id)

        return self._run(run)

    def complete(self, job_id: str, result: Result) -> None:
        """Complete the one job that waits."""

        async def run(services: Services) -> None:
            job = await services.jobs.claim(owner=OWNER, lease_seconds=LEASE_SECONDS)
            assert job is not None
            assert str(job.job_id) == job_id
            await self._complete(services, job.lease, result)

        self._run(run)

    def failed(self, video: Path, name: str, code: FailureCode, message: str) -> str:
        """A job that has failed."""

        async def run(services: Services) -> str:
            lease = await self._claimed(services, video, name, 1)
            await services.jobs.fail(lease, code, message)
            return str(lease.job_id)

        return self._run(run)

    def _run(self, work: Callable[[Services], Awaitable[T]]) -> T:
        async def opened() -> T:
            async with open_services(Settings.from_env(self.environ)) as services:
                return await work(services)

        return asyncio.run(opened())

    async def _insert(self, services: Services, video: Path, name: str | None, stride: int) -> str:
        job_id = uuid4()
        source = await services.storage.save(source_key(job_id), _chunks(video))
        new = NewJob(job_id, DEFAULT, source, Options(frame_stride=stride), input_name=name)
        await services.jobs.insert(new)
        return str(job_id)

    async def _claimed(
        self, services: Services, video: Path, name: str | None, stride: int
    ) -> Lease:
        job_id = await self._insert(services, video, name, stride)
        job = await services.jobs.claim(owner=OWNER, lease_seconds=LEASE_SECONDS)
        assert job is not None
        assert str(job.job_id) == job_id, "an older job is pending: add those last"
        return job.lease

    async def _complete(self, services: Services, lease: Lease, result: Result) -> None:
        stored = await services.storage.save(attempt_results_key(lease), _document(result))
        await services.jobs.complete(lease, stored, summary=result.summary())


def found(
    name: str, bbox: tuple[float, float, float, float], text: str | None = None, **more: Any
) -> Detection:
    """A detection as the pipeline would give it."""
    fields: dict[str, Any] = {"class_id": int(name == "plate"), "confidence": 0.9, **more}
    confidence = None if text is None else 0.95
    return Detection(class_name=name, bbox=bbox, text=text, text_confidence=confidence, **fields)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


async def _document(result: Result) -> AsyncIterator[bytes]:
    for number, frame in enumerate(result.frames):
        yield line_at(number, encode_frame(frame))
    yield closing(len(result.frames))
