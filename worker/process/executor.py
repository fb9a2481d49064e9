"""The pipeline process as the worker's loop sees it: driven from a thread, never waited for."""

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from config.failures import FailureCode
from config.settings import Settings, variable_of
from service.errors import StorageUnavailable
from worker.metrics import WorkerMetrics
from worker.pipeline.checkpoint import Checkpoint
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import Summary
from worker.process.client import NEEDED_SETTINGS, PipelineClient, ProcessLimits
from worker.process.deadline import Progress
from worker.process.protocol import Request
from worker.process.scratch import sweep
from worker.process.spawn import Program

# After these nobody knows what state the process is in; after any other it takes the next video.
UNSETTLING = frozenset(
    {
        FailureCode.DEADLINE_EXCEEDED,
        FailureCode.OUT_OF_MEMORY,
        FailureCode.PIPELINE_CRASHED,
        FailureCode.INTERNAL_ERROR,
    }
)
# Credentials of the object storage.
CLOUD_PREFIX = "AWS_"

T = TypeVar("T")


class PipelineExecutor:
    """Runs one video after the other through the pipeline process."""

    def __init__(self, client: PipelineClient, thread: ThreadPoolExecutor) -> None:
        self._client = client
        self._thread = thread
        self._is_under_way = False
        self._frames_before = 0

    async def warm_up(self) -> None:
        """Load the models before the first video, with some patience.

        Raises SettingsError, PipelineError, PipelineStopped.
        """
        await self._call(self._client.warm_up)

    async def provenance(self, pipeline_id: str) -> Mapping[str, Any] | None:
        """What decides a pipeline's results besides video and options; None: it cannot be run.

        Raises as warm_up does.
        """
        return await self._call(partial(self._client.provenance, pipeline_id))

    async def analyse(
        self, request: Request, *, frames_before: int = 0
    ) -> AsyncGenerator[bytes | Checkpoint | Summary, None]:
        """Joined lines of the video's frames, in order, checkpoints between, and then its summary.

        frames_before: how many frames an earlier analysis gave, after which this one goes on.
        Raises SettingsError, PipelineError, PipelineStopped, StorageUnavailable. Whoever stops
        taking frames must close the iterator: that ends the process, since a video can be given up
        in no other way.
        """
        intact = False
        try:
            await self._call(partial(self._client.begin, request))
            self._frames_before = frames_before
            self._is_under_way = True
            while not intact:
                message = await self._call(self._client.take)
                intact = isinstance(message, Summary)
                yield message
        except StorageUnavailable:
            intact = True
            raise
        except PipelineError as error:
            intact = error.code not in UNSETTLING
            raise
        finally:
            self._is_under_way = False
            if not intact:
                await self._give_up()

    @property
    def progress(self) -> Progress:
        """How far the video has come that was begun last."""
        now = self._client.progress
        return replace(now, frames_analysed=self._frames_before + now.frames_analysed)

    @property
    def progress_under_way(self) -> Progress:
        """The same, of a video that has not come to its end; else nothing."""
        return self.progress if self._is_under_way else Progress()

    def stop(self) -> None:
        """End the video under way with PipelineStopped, and take no other."""
        self._client.stop()

    @property
    def is_stopped(self) -> bool:
        """Whether stop() was called."""
        return self._client.is_stopped

    async def _give_up(self) -> None:
        self._client.abandon()
        await self._call(self._client.end)

    async def _call(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)


def pipeline_program(settings: Settings, environ: Mapping[str, str] | None = None) -> Program:
    """The real pipeline process; of environ it gets what says nothing about the servers."""
    command = (sys.executable, "-m", "worker.process", settings.log_format)
    return Program(command, None if environ is None else _without_servers(environ))


@asynccontextmanager
async def open_executor(
    settings: Settings,
    *,
    program: Program | None = None,
    limits: ProcessLimits | None = None,
    metrics: WorkerMetrics | None = None,
) -> AsyncIterator[PipelineExecutor]:
    """An executor whose process is ended with the context; program is the process.

    What dead workers of this machine left behind is cleared away first. Raises SettingsError.
    """
    client = PipelineClient(
        program or pipeline_program(settings),
        settings,
        limits or ProcessLimits.of(settings),
        metrics=metrics,
    )
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="pipeline") as thread:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(thread, sweep)
        try:
            yield PipelineExecutor(client, thread)
        finally:
            client.abandon()
            await loop.run_in_executor(thread, client.end)


def _without_servers(environ: Mapping[str, str]) -> dict[str, str]:
    servers = {variable_of(name) for name in Settings.model_fields.keys() - NEEDED_SETTINGS}
    return {
        name: value
        for name, value in environ.items()
        if name not in servers and not name.startswith(CLOUD_PREFIX)
    }
