"""Tokens in PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosql
import asyncpg

from service.access.token import Token
from service.errors import TokenRefused
from service.jobs.connections import ANSWER_SECONDS, Connections, jobs_pool

# Tokens are read together, every other second: no wait for a job's statement delays that.
MAX_CONNECTIONS = 2

QUERIES: Any = aiosql.from_path(Path(__file__).with_name("queries.sql"), "asyncpg")


@asynccontextmanager
async def open_postgres_tokens(
    url: str, *, pooler: bool = False
) -> AsyncIterator["PostgresTokens"]:
    """Tokens over a pool of their own, which connects when first used; see open_postgres_jobs."""
    pool = await jobs_pool(url, pooler=pooler, max_connections=MAX_CONNECTIONS)
    try:
        yield PostgresTokens(pool)
    finally:
        pool.terminate()


class PostgresTokens:
    """The port of service.access.store over an asyncpg pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._connection = Connections(pool, answer_seconds=ANSWER_SECONDS).use

    async def create(self, name: str, sha256: str) -> Token:
        """See TokenStore."""
        async with self._connection() as connection:
            row = await QUERIES.create_token(connection, name=name, sha256=sha256)
        if row is None:
            raise TokenRefused(f"there is a token {name}: revoke it first, its jobs stay")
        return Token(**row)

    async def list_tokens(self) -> Sequence[Token]:
        """See TokenStore."""
        async with self._connection() as connection:
            return [Token(**row) async for row in QUERIES.list_tokens(connection)]

    async def revoke(self, name: str) -> None:
        """See TokenStore."""
        async with self._connection() as connection:
            row = await QUERIES.revoke_token(connection, name=name)
        if row is None:
            raise TokenRefused(f"there is no token {name}: `forgesyte tokens list` shows them")

    async def note_use(self, name: str) -> None:
        """See TokenStore."""
        async with self._connection() as connection:
            await QUERIES.note_use(connection, name=name)
