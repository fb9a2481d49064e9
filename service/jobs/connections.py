"""Connections to PostgreSQL as every adapter of jobs uses them."""

import asyncio
import math
from bisect import bisect_left
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import accumulate
from json import dumps, loads
from time import perf_counter

import asyncpg

from service.errors import DatabaseUnavailable, NothingWritten
from service.jobs.database_errors import database_errors_mapped

ACQUIRE_SECONDS = 3.0
# Everything but a completion: a client waits five seconds at most, and submit asks twice.
ANSWER_SECONDS = 3.5
MAX_CONNECTIONS = 10
WAIT_BOUNDS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, math.inf)

# How libpq connects, of which asyncpg does some by itself and some not at all.
_OF_LIBPQ = frozenset(
    {
        "channel_binding",
        "connect_timeout",
        "fallback_application_name",
        "gssdelegation",
        "gssencmode",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "load_balance_hosts",
        "require_auth",
        "sslcertmode",
        "sslcompression",
        "sslsni",
        "tcp_user_timeout",
    }
)

# A machine that lost its power says no goodbye: PostgreSQL would keep its transaction, with every
# lock, for two hours. A PgBouncer has to ask its clients by itself.
_LOOK_AFTER_US = """
SET tcp_keepalives_idle = 10;
SET tcp_keepalives_interval = 5;
SET tcp_keepalives_count = 3;
SET tcp_user_timeout = 25000
"""

Connection = asyncpg.pool.PoolConnectionProxy


def jobs_pool(
    url: str, *, pooler: bool = False, max_connections: int = MAX_CONNECTIONS
) -> asyncpg.Pool:
    """Connections as Connections needs them; to be awaited or entered."""
    return asyncpg.create_pool(
        driver_url(url),
        min_size=0,
        max_size=max_connections,
        timeout=ACQUIRE_SECONDS,
        statement_cache_size=0 if pooler else 100,
        init=_use_json if pooler else _begin,
        reset=_reset_nothing,
    )


def driver_url(url: str) -> str:
    """A URL as platforms write it for libpq, without what asyncpg would ask the server to set."""
    address, _, query = url.partition("?")
    kept = [pair for pair in query.split("&") if pair.partition("=")[0] not in _OF_LIBPQ]
    return "?".join(filter(None, (address, "&".join(kept))))


class Waits:
    """How long a connection was waited for, in all and by WAIT_BOUNDS_SECONDS."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._counts = [0] * len(WAIT_BOUNDS_SECONDS)

    def add(self, seconds: float) -> None:
        """Count one."""
        self.seconds += seconds
        self._counts[bisect_left(WAIT_BOUNDS_SECONDS, seconds)] += 1

    def up_to(self) -> Mapping[float, int]:
        """How many were no longer, for each bound."""
        return dict(zip(WAIT_BOUNDS_SECONDS, accumulate(self._counts), strict=True))


class Connections:
    """Lends the connections of a pool, and maps their errors."""

    def __init__(self, pool: asyncpg.Pool, *, answer_seconds: float) -> None:
        self.waits = Waits()
        self._pool = pool
        self._answer_seconds = answer_seconds

    @asynccontextmanager
    async def use(self, *, seconds: float | None = None) -> AsyncIterator[Connection]:
        """A connection for statements that take no longer than seconds, all of them together."""
        with database_errors_mapped():
            async with asyncio.timeout(seconds or self._answer_seconds):
                connection = await self._acquired()
                try:
                    yield connection
                except asyncpg.PostgresError:
                    raise
                except BaseException:
                    # A statement may be under way still. Given back as it is, the connection would
                    # be waited for: 3 s for a server that hangs.
                    connection.terminate()
                    raise
                finally:
                    await self._pool.release(connection)

    async def _acquired(self) -> Connection:
        began = perf_counter()
        try:
            with database_errors_mapped():
                return await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        except DatabaseUnavailable as error:
            raise NothingWritten(str(error)) from error
        finally:
            self.waits.add(perf_counter() - began)


class OnPool:
    """What works on a pool that is lent to it."""

    def __init__(self, pool: asyncpg.Pool, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._pool = pool
        connections = Connections(pool, answer_seconds=answer_seconds)
        self._connection, self._waits = connections.use, connections.waits


async def _begin(connection: asyncpg.Connection) -> None:
    await _use_json(connection)
    await connection.execute(_LOOK_AFTER_US)


async def _use_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", encoder=dumps, decoder=loads, schema="pg_catalog", format="text"
    )


async def _reset_nothing(_: asyncpg.Connection) -> None:
    """Every call is one statement or two, and leaves no lock and no setting in its session.

    The driver would ask the server to undo them all at each release, doubling what we ask it.
    """
