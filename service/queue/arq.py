"""Rings over Redis, and the settings that both ends of arq have to agree on."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from arq.connections import ArqRedis
from arq.constants import in_progress_key_prefix, job_key_prefix
from arq.jobs import serialize_job
from arq.utils import timestamp_ms, to_unix_ms
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from service.jobs.errors import QueueUnavailable
from service.jobs.model import Ticket
from service.queue.base import Entry

QUEUE_NAME = "forgesyte:queue"
FUNCTION_NAME = "run_job"

_ANSWER_SECONDS = 2.0
_SOCKET_SECONDS = 1.0
_MAX_CONNECTIONS = 32
# arq drops a ring silently when its job key is over; its default of a day is too short for a
# queue that has grown over a weekend.
_RING_LIVES = timedelta(days=7)
_ENTRIES_AT_ONCE = 500
_END_OF_TIME_MS = 2**43
# An idle connection meets a restarted Redis as OSError, which redis-py does not try again by
# itself: an arq worker would end.
_TRIED_AGAIN = (RedisConnectionError, RedisTimeoutError, OSError)


class ArqQueue:
    """Rings that an arq worker on QUEUE_NAME answers by running FUNCTION_NAME(job_id)."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def enqueue(self, ticket: Ticket) -> None:
        """Ring in the order of acceptance; repeating it, also after a lost answer, is harmless."""
        ring_id, score = _ring_id(ticket), _score(ticket)
        call = serialize_job(
            FUNCTION_NAME, (str(ticket.job_id),), {}, None, timestamp_ms(), serializer=serialize
        )
        # Not ArqRedis.enqueue_job: it WATCHes, takes a connection lost on the way for "already
        # there", refuses for ever an id whose queue entry alone was lost, and its UNWATCH outlives
        # our time limit (4.2 s measured on a stopped Redis). What is written is the same.
        async with _answered(), self._redis.pipeline(transaction=True) as commands:
            commands.set(job_key_prefix + ring_id, call, px=_RING_LIVES, nx=True)
            commands.zadd(QUEUE_NAME, {ring_id: score}, nx=True)
            await commands.execute()

    async def entries(self, tickets: Sequence[Ticket]) -> list[Entry]:
        """What became of these rings; three commands for each 500, measured 0.06 s for 10,000."""
        found: list[Entry] = []
        async with _answered():
            for first in range(0, len(tickets), _ENTRIES_AT_ONCE):
                found += await self._entries(tickets[first : first + _ENTRIES_AT_ONCE])
        return found

    async def size(self) -> int:
        """How many rings wait or are in progress."""
        async with _answered():
            return int(await self._redis.zcard(QUEUE_NAME))

    async def _entries(self, tickets: Sequence[Ticket]) -> list[Entry]:
        ring_ids = [_ring_id(ticket) for ticket in tickets]
        async with self._redis.pipeline(transaction=True) as commands:
            commands.mget([in_progress_key_prefix + ring_id for ring_id in ring_ids])
            commands.mget([job_key_prefix + ring_id for ring_id in ring_ids])
            commands.zmscore(QUEUE_NAME, ring_ids)
            answers = await commands.execute()
        return [_entry(*answer) for answer in zip(*answers, strict=True)]


@asynccontextmanager
async def open_arq_queue(redis_url: str) -> AsyncIterator[ArqQueue]:
    """A queue that connects when it is first used: Redis may be away, and may come and go."""
    redis = arq_redis(redis_url)
    try:
        yield ArqQueue(redis)
    finally:
        await redis.aclose(close_connection_pool=True)


def arq_redis(redis_url: str) -> ArqRedis:
    """Redis as web and worker use it: JSON both ways, every wait bounded; nothing is opened yet.

    A worker is built on one of its own, with the settings arq takes only from the worker:
    `Worker(..., redis_pool=arq_redis(url), queue_name=QUEUE_NAME, job_serializer=serialize,
    job_deserializer=deserialize)`; it closes it.
    """
    return on_pool(
        BlockingConnectionPool.from_url(
            redis_url,
            max_connections=_MAX_CONNECTIONS,
            timeout=_SOCKET_SECONDS,
            socket_timeout=_SOCKET_SECONDS,
            socket_connect_timeout=_SOCKET_SECONDS,
            retry=Retry(ExponentialBackoff(cap=0.2, base=0.1), 1),
            retry_on_error=list(_TRIED_AGAIN),
        )
    )


def on_pool(pool: Any) -> ArqRedis:
    """arq's client, with our settings, on connections opened elsewhere."""
    return ArqRedis(
        pool,
        job_serializer=serialize,
        job_deserializer=deserialize,
        default_queue_name=QUEUE_NAME,
    )


def serialize(call: dict[str, Any]) -> bytes:
    """A call of arq's, or what became of it, as JSON."""
    # arq puts the exception of a failed call through this even when no result is kept.
    return json.dumps(call, default=repr).encode()


def deserialize(stored: bytes) -> dict[str, Any]:
    """The call in stored: only the job id and the time are taken from it, and only when it is ours.

    Raises ValueError; arq then drops the ring. Its default, pickle, would run what somebody else
    put into Redis, and a value of another type (a text for a time) would end its worker.
    """
    match json.loads(stored):
        case {"f": str() as name, "a": [str() as job_id], "et": int() as at} if (
            name == FUNCTION_NAME and 0 <= at < _END_OF_TIME_MS
        ):
            return {"t": None, "f": name, "a": [str(UUID(job_id))], "k": {}, "et": at}
    raise ValueError("not a ring of ours")


@asynccontextmanager
async def _answered() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            yield
    except (RedisError, OSError) as error:
        raise QueueUnavailable(str(error) or f"no answer in {_ANSWER_SECONDS:g} s") from error


def _ring_id(ticket: Ticket) -> str:
    return f"{ticket.job_id}:{ticket.dispatch_no}"


def _score(ticket: Ticket) -> int:
    """When arq may start the job, in ms: its acceptance, so a job rung twice keeps its place."""
    # The database's clock may run ahead of ours; arq would make the job wait for the difference.
    return to_unix_ms(min(ticket.created_at, datetime.now(UTC)))


def _entry(in_progress: bytes | None, call: bytes | None, score: float | None) -> Entry:
    if in_progress is not None:
        return Entry.IN_PROGRESS
    # arq needs both; with one of them lost nobody will ever answer this ring.
    return Entry.GONE if call is None or score is None else Entry.WAITING
