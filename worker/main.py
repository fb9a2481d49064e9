"""The worker's process: takes rings from arq until it is told to stop, whatever Redis does."""

import asyncio
import logging
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from arq.connections import ArqRedis
from arq.worker import Worker, func
from redis.exceptions import RedisError

from config.settings import Settings
from service import wiring
from service.jobs.errors import DatabaseUnavailable
from service.jobs.recovery import recover_forever
from service.queue.arq import FUNCTION_NAME, QUEUE_NAME, arq_redis, deserialize, serialize
from service.services import Services
from worker.driver import PipelineStopped
from worker.executor import PipelineExecutor, open_executor
from worker.process import Program
from worker.run_job import Runner

POLL_SECONDS = 0.05
RECONNECT_SECONDS = 1.0
HEALTH_SECONDS = 15.0
# A film takes as long as it takes: the pipeline's own deadline ends it.
NO_TIMEOUT_SECONDS = 10 * 365 * 24 * 3600.0
# arq drops a job that was begun this often without a word; PostgreSQL counts the attempts.
NO_MAX_TRIES = 2**31

OpenServices = Callable[[Settings], AbstractAsyncContextManager[Services]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Seconds from being told to stop: until when a film may finish, and when to be gone."""

    finish_seconds: float = 15.0
    exit_seconds: float = 22.0


class JobWorker:
    """One worker process; see build_worker."""

    def __init__(
        self,
        settings: Settings,
        *,
        open_services: OpenServices,
        open_redis: Callable[[str], ArqRedis],
        program: Program | None,
        shutdown: Shutdown,
    ) -> None:
        self._settings = settings
        self._open_services = open_services
        self._open_redis = open_redis
        self._program = program
        self._shutdown = shutdown
        self._stopping = asyncio.Event()

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM; raises what serve() raises."""
        asyncio.run(self._serve_until_signal())

    async def serve(self) -> None:
        """Take jobs until stop(), then finish or hand back the one under way.

        Raises SchemaOutdated, PipelineError and what open_services raises when it cannot start.
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
            loop.add_signal_handler(number, self.stop)
        await self.serve()

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[tuple[Services, PipelineExecutor]]:
        async with self._open_services(self._settings) as services:
            await _refuse_old_schema(services)
            async with open_executor(self._settings, program=self._program) as executor:
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
        runner = Runner(
            jobs=services.jobs,
            queue=services.queue,
            storage=services.storage,
            executor=executor,
            settings=self._settings,
            owner=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
        )
        log.info("worker ready", extra={"owner": runner.owner})
        recovering = recover_forever(services.jobs, services.queue, settings=self._settings)
        async with _beside(recovering, self._leave_in_time(executor, leaving)):
            await self._take_jobs(runner)

    async def _leave_in_time(self, executor: PipelineExecutor, leaving: asyncio.Timeout) -> None:
        await self._stopping.wait()
        leaving.reschedule(asyncio.get_running_loop().time() + self._shutdown.exit_seconds)
        await asyncio.sleep(self._shutdown.finish_seconds)
        executor.stop()

    async def _take_jobs(self, runner: Runner) -> None:
        """Run arq's worker, and a new one whenever Redis took the last one down."""
        redis = self._open_redis(self._settings.redis_url)
        try:
            while not self._stopping.is_set():
                await self._poll(arq_worker(runner, redis))
        finally:
            await redis.aclose(close_connection_pool=True)

    async def _poll(self, worker: Worker) -> None:
        """Take jobs until stop() or until Redis is lost; then wait for the one under way."""
        polling = asyncio.create_task(worker.main())
        await self._stopped_before(polling)
        worker.allow_pick_jobs = False
        polling.cancel()
        await asyncio.wait({polling})
        await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
        await self._wait_out(polling, worker.pool)

    async def _wait_out(self, polling: asyncio.Task[None], redis: ArqRedis) -> None:
        try:
            await polling
        except asyncio.CancelledError:
            return
        except (RedisError, OSError) as error:
            log.warning("queue unavailable, trying again", extra={"reason": str(error)})
        except UnicodeDecodeError:
            log.warning("foreign entries in the queue, dropped")
            with suppress(RedisError, OSError):
                await _drop_unreadable(redis)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), RECONNECT_SECONDS)

    async def _stopped_before(self, task: asyncio.Task[None]) -> bool:
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        return self._stopping.is_set()


def build_worker(
    settings: Settings,
    *,
    open_services: OpenServices = wiring.open_services,
    open_redis: Callable[[str], ArqRedis] = arq_redis,
    program: Program | None = None,
    shutdown: Shutdown = Shutdown(),
) -> JobWorker:
    """A worker over what it is given; program replaces the real pipeline process."""
    return JobWorker(
        settings,
        open_services=open_services,
        open_redis=open_redis,
        program=program,
        shutdown=shutdown,
    )


def arq_worker(runner: Runner, redis: ArqRedis) -> Worker:
    """arq's worker as we use it: it delivers rings, one at a time, and decides nothing."""

    async def run_job(ctx: dict[Any, Any], job_id: str) -> None:
        try:
            await runner.run(UUID(job_id))
        except DatabaseUnavailable as error:
            facts = {"job_id": job_id, "reason": str(error)}
            log.warning("job not claimed, rung again later", extra=facts)

    worker = Worker(
        [func(run_job, name=FUNCTION_NAME)],
        queue_name=QUEUE_NAME,
        redis_pool=redis,
        handle_signals=False,
        max_jobs=1,
        max_tries=NO_MAX_TRIES,
        retry_jobs=False,
        job_timeout=NO_TIMEOUT_SECONDS,
        # arq refuses an id whose result key survives.
        keep_result=0,
        poll_delay=POLL_SECONDS,
        health_check_interval=HEALTH_SECONDS,
        job_serializer=serialize,
        job_deserializer=deserialize,
    )
    # Derived from job_timeout otherwise: the rings of killed workers would stand at the head of
    # the queue for years, and a hundred of them are all arq looks at. A ring delivered twice finds
    # the job claimed.
    worker.in_progress_timeout_s = runner.settings.lease_seconds
    return worker


async def _drop_unreadable(redis: ArqRedis) -> None:
    """Remove entries whose id is no text: arq ends when it comes to one."""
    entries = await redis.zrange(QUEUE_NAME, 0, -1)
    foreign = [entry for entry in entries if entry.decode(errors="ignore").encode() != entry]
    if foreign:
        await redis.zrem(QUEUE_NAME, *foreign)


async def _refuse_old_schema(services: Services) -> None:
    try:
        await services.jobs.check()
    except DatabaseUnavailable as error:
        # Started before its database, the worker waits for it.
        log.warning("database unavailable", extra={"reason": str(error)})


@asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run endless work as long as the context is open; what breaks in it breaks the context."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        yield
        for task in tasks:
            task.cancel()
