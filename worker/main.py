"""The worker's process: takes jobs until it is told to stop, whatever its servers do."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from arq.connections import ArqRedis

from config.settings import Settings
from service import wiring
from service.dispatch.recovery import recover_forever
from service.errors import DatabaseUnavailable
from service.jobs.operations.base import Role
from service.maintenance.forever import maintain_forever
from service.metrics.serving import serve_metrics_forever
from service.presence import announce_forever, process_name
from service.queue.arq import arq_redis
from service.services import Services
from worker.arq_worker import listen_forever
from worker.claim_loop import IDLE_SECONDS, ClaimLoop
from worker.metrics import WorkerMetrics
from worker.process.client import PipelineStopped
from worker.process.executor import PipelineExecutor, open_executor
from worker.process.scratch import sweep_forever
from worker.process.spawn import Program
from worker.run_job import JobRunner

# Python waits for its threads at the end, and asyncio for those it started, however long.
LAST_SECONDS = 1.5
LEFT_BEHIND = 1

OpenServices = Callable[[Settings], AbstractAsyncContextManager[Services]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Seconds from being told to stop: until when a video may finish, and when to be gone."""

    finish_seconds: float = 15.0
    exit_seconds: float = 22.0


@dataclass(frozen=True)
class JobWorker:
    """One worker process over what it is given.

    program: replaces the real pipeline process. idle_seconds: how long it waits for a wake-up
    before it claims by itself.
    """

    settings: Settings
    _: KW_ONLY
    open_services: OpenServices = wiring.open_services
    open_redis: Callable[[str], ArqRedis] = arq_redis
    program: Program | None = None
    shutdown: Shutdown = Shutdown()
    idle_seconds: float = IDLE_SECONDS
    metrics: WorkerMetrics = field(default_factory=WorkerMetrics)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM; raises what serve() raises."""
        asyncio.run(self._serve_until_signal())

    async def serve(self) -> None:
        """Take jobs until stop(), then finish or requeue the one under way.

        Raises SchemaOutdated, SettingsError, PipelineError and what open_services raises when it
        cannot start, or cannot go on.
        """
        try:
            async with asyncio.timeout(None) as leaving, self._opened() as (services, executor):
                if await self._warmed_up(executor):
                    await self._work(services, executor, leaving)
        except TimeoutError:
            log.error("worker left a job behind, its lease will end")
        log.info("worker ended")

    def stop(self) -> None:
        """Have serve() come back within the shutdown's time."""
        log.info("worker stops")
        self._stopping.set()

    async def _serve_until_signal(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop_for_good)
        await self.serve()

    def _stop_for_good(self) -> None:
        """Stop, and end the process when something holds it: a thread in a storage that hangs."""
        last = threading.Timer(self.shutdown.exit_seconds + LAST_SECONDS, os._exit, [LEFT_BEHIND])
        last.daemon = True
        last.start()
        self.stop()

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[tuple[Services, PipelineExecutor]]:
        async with self.open_services(self.settings) as services:
            self.metrics.show_connections(services.jobs)
            await _refuse_old_schema(services)
            async with (
                _beside(
                    self.metrics.watch_loop(),
                    serve_metrics_forever(self.metrics.registry, self.settings),
                ),
                open_executor(
                    self.settings, program=self.program, metrics=self.metrics
                ) as executor,
            ):
                yield services, executor

    async def _warmed_up(self, executor: PipelineExecutor) -> bool:
        """Load the models before the first claim; False when told to stop meanwhile."""
        log.info("worker loads its models")
        warming = asyncio.create_task(executor.warm_up())
        if await self._stopped_before(warming):
            executor.stop()
        with suppress(PipelineStopped):
            await warming
        return not self._stopping.is_set()

    async def _work(
        self, services: Services, executor: PipelineExecutor, leaving: asyncio.Timeout
    ) -> None:
        settings = self.settings
        runner = JobRunner(
            jobs=services.jobs,
            queue=services.queue,
            storage=services.storage,
            executor=executor,
            settings=settings,
            owner=process_name(),
            metrics=self.metrics,
        )
        loop = ClaimLoop(services.jobs, runner, idle_seconds=self.idle_seconds)
        log.info("worker ready", extra={"owner": runner.owner})
        async with _beside(
            recover_forever(
                services.jobs, services.queue, settings=settings, health=self.metrics.recovery
            ),
            maintain_forever(services.jobs, services.storage, settings=settings),
            sweep_forever(),
            announce_forever(
                services.jobs,
                services.storage,
                process=runner.owner,
                role=Role.WORKER,
                lease_seconds=settings.lease_seconds,
            ),
            self._listen(loop),
            self._leave_in_time(loop, executor, leaving),
        ):
            await loop.run()

    async def _listen(self, loop: ClaimLoop) -> None:
        """Until stop(): what is enqueued from then on is for another worker."""
        redis = self.open_redis(self.settings.queue_url)
        listening = asyncio.create_task(
            listen_forever(redis, loop.wake, lease_seconds=self.settings.lease_seconds)
        )
        try:
            await self._stopped_before(listening)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await redis.aclose(close_connection_pool=True)

    async def _leave_in_time(
        self, loop: ClaimLoop, executor: PipelineExecutor, leaving: asyncio.Timeout
    ) -> None:
        await self._stopping.wait()
        loop.stop()
        leaving.reschedule(asyncio.get_running_loop().time() + self.shutdown.exit_seconds)
        await asyncio.sleep(self.shutdown.finish_seconds)
        executor.stop()

    async def _stopped_before(self, task: asyncio.Task[None]) -> bool:
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        return self._stopping.is_set()


async def _refuse_old_schema(services: Services) -> None:
    try:
        await services.jobs.check()
    except DatabaseUnavailable as error:
        # Started before its database, the worker waits for it, and checks again before it claims.
        log.warning("database unavailable", extra={"reason": str(error)})


@asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run work that ends by no error of its own, as long as the context is open."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
