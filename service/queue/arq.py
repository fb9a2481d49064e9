"""Job ids over Redis, and the settings that both ends of arq have to agree on."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import time_ns
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

from arq.connections import ArqRedis
from arq.constants import job_key_prefix
from arq.jobs import serialize_job
from arq.utils import timestamp_ms, to_ms
from redis.asyncio import BlockingConnectionPool, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from config.settings import SettingsError
from service.errors import QueueUnavailable

QUEUE_NAME = "forgesyte:queue"
FUNCTION_NAME = "run_job"

_CALL_SECONDS = 2.0
_SOCKET_SECONDS = 1.0
_MAX_CONNECTIONS = 32
# Far longer than the period in which an idle worker polls: while all are busy for days, the
# queue holds the last minute of submissions and not all of them.
_ENTRY_LIVES = timedelta(minutes=1)
# Longer, since what nobody enqueues after stays: arq warns of an entry without a call.
_CALL_LIVES = timedelta(hours=1)
_END_OF_TIME_MS = 2**43
# An idle connection meets a restarted Redis as OSError, which redis-py does not try again by
# itself: an arq worker would end.
_TRIED_AGAIN = (RedisConnectionError, RedisTimeoutError, OSError)


class ArqQueue:
    """Ids that an arq worker on QUEUE_NAME handles by running FUNCTION_NAME(job_id)."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def enqueue(self, job_id: UUID) -> None:
        """Put the id at the end, and drop those that polling has overtaken."""
        now_ms = timestamp_ms()
        # An entry of its own each time: arq drops the entry it is at when the job ends, which would
        # take along a requeue of the same job. Redis orders entries of one millisecond by name.
        entry_id = f"{time_ns()}-{uuid4().hex}"
        call = serialize_job(FUNCTION_NAME, (str(job_id),), {}, None, now_ms, serializer=serialize)
        # Not ArqRedis.enqueue_job: it WATCHes, takes a connection lost on the way for "already
        # there", and its UNWATCH outlives our time limit (4.2 s measured on a stopped Redis). What
        # is written is the same.
        async with _bounded(), self._redis.pipeline(transaction=True) as commands:
            commands.zremrangebyscore(QUEUE_NAME, "-inf", now_ms - to_ms(_ENTRY_LIVES))
            commands.set(job_key_prefix + entry_id, call, px=_CALL_LIVES)
            commands.zadd(QUEUE_NAME, {entry_id: now_ms})
            await commands.execute()

    async def size(self) -> int:
        """See QueueService."""
        async with _bounded():
            return int(await self._redis.zcard(QUEUE_NAME))


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
    Raises SettingsError for a URL of which no connection could be made.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            redis_url,
            max_connections=_MAX_CONNECTIONS,
            timeout=_SOCKET_SECONDS,
            socket_timeout=_SOCKET_SECONDS,
            socket_connect_timeout=_SOCKET_SECONDS,
            retry=Retry(ExponentialBackoff(cap=0.2, base=0.1), 1),
            retry_on_error=list(_TRIED_AGAIN),
            **_tls(redis_url),
        )
        connection = pool.make_connection()  # type: ignore[no-untyped-call]
        if isinstance(connection, SSLConnection):
            connection.ssl_context.get()
    except (TypeError, ValueError, OSError, RedisError) as error:
        raise SettingsError(f"REDIS_URL: {error}") from error
    return on_pool(pool)


def why_unavailable(error: Exception) -> str:
    """What an operator is told of a call that failed, in one line."""
    told = str(error) or f"no response in {_CALL_SECONDS:g} s"
    if "CERTIFICATE_VERIFY_FAILED" in told:
        return f"{told}: name its authority's file as ssl_ca_certs in REDIS_URL"
    return told


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

    Raises ValueError; arq then drops the entry. Its default, pickle, would run what somebody else
    put into Redis, and a value of another type (a text for a time) would end its worker.
    """
    match json.loads(stored):
        case {"f": str() as name, "a": [str() as job_id], "et": int() as at} if (
            name == FUNCTION_NAME and 0 <= at < _END_OF_TIME_MS
        ):
            return {"t": None, "f": name, "a": [str(UUID(job_id))], "k": {}, "et": at}
    raise ValueError("not a call of ours")


def _tls(redis_url: str) -> dict[str, bool]:
    """What of TLS is not redis-py's default: it takes a certificate of any host."""
    parts = urlsplit(redis_url)
    is_verified = dict(parse_qsl(parts.query)).get("ssl_cert_reqs", "required") == "required"
    return {"ssl_check_hostname": is_verified} if parts.scheme == "rediss" else {}


@asynccontextmanager
async def _bounded() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_CALL_SECONDS):
            yield
    except (RedisError, OSError) as error:
        raise QueueUnavailable(why_unavailable(error)) from error
