"""arq as the worker uses it: it delivers wake-ups, one at a time, and decides nothing."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from arq.connections import ArqRedis
from arq.worker import Worker, func
from redis.exceptions import RedisError

from service.queue.arq import (
    FUNCTION_NAME,
    QUEUE_NAME,
    deserialize,
    serialize,
    why_unavailable,
)

POLL_SECONDS = 0.05
RECONNECT_SECONDS = 1.0
CANCEL_AGAIN_SECONDS = 0.2
TOLD_SECONDS = 60.0
HEALTH_SECONDS = 15.0
# A video takes as long as it takes: the pipeline's own deadline ends it.
NO_TIMEOUT_SECONDS = 10 * 365 * 24 * 3600.0
# arq drops what was begun this often without a word; PostgreSQL counts the attempts.
NO_MAX_TRIES = 2**31

Wake = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)


async def listen_forever(redis: ArqRedis, wake: Wake, *, lease_seconds: float) -> None:
    """Wake for every id that arq delivers, whatever Redis does; ends only when it is cancelled.

    wake is awaited before the next id is taken.
    """
    told_at = -math.inf
    while True:
        worker = _worker(redis, wake, lease_seconds=lease_seconds)
        try:
            async with _polling(worker) as polling:
                # Not awaited itself: a cancellation would go to it alone, and may be lost there.
                await asyncio.wait({polling})
                polling.result()
        except (RedisError, OSError) as error:
            # Tried every second; an outage of an hour is no thousand lines.
            if time.monotonic() - told_at >= TOLD_SECONDS:
                log.warning(
                    "queue unavailable, trying again", extra={"reason": why_unavailable(error)}
                )
                told_at = time.monotonic()
        except UnicodeDecodeError:
            log.warning("foreign entries in the queue, dropped")
            with suppress(RedisError, OSError):
                await _drop_unreadable(redis)
        except Exception:
            log.exception("listening to the queue failed, trying again")
        await asyncio.sleep(RECONNECT_SECONDS)


def _worker(redis: ArqRedis, wake: Wake, *, lease_seconds: float) -> Worker:
    async def run_job(ctx: dict[Any, Any], job_id: str) -> None:
        log.debug("woken", extra={"job_id": job_id})
        await wake()

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
    # Derived from job_timeout otherwise: the entries of killed workers would stand at the head of
    # the queue for years, and a hundred of them are all arq looks at.
    worker.in_progress_timeout_s = lease_seconds
    return worker


@asynccontextmanager
async def _polling(worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
    """arq's own loop as a task; no part of it outlives the context, be that cancelled."""
    polling = asyncio.create_task(worker.main())
    try:
        yield polling
    finally:
        worker.allow_pick_jobs = False
        # Now and then redis-py takes a cancellation for a lost connection, and arq polls on.
        while not polling.done():
            polling.cancel()
            await asyncio.wait({polling}, timeout=CANCEL_AGAIN_SECONDS)
        # arq reports a task that is cancelled as a failure; a wake-up ends by itself.
        await asyncio.gather(polling, *worker.tasks.values(), return_exceptions=True)


async def _drop_unreadable(redis: ArqRedis) -> None:
    """Remove entries whose id is no text: arq ends when it comes to one."""
    entries = await redis.zrange(QUEUE_NAME, 0, -1)
    foreign = [entry for entry in entries if entry.decode(errors="ignore").encode() != entry]
    if foreign:
        await redis.zrem(QUEUE_NAME, *foreign)
