"""What can happen to a database under a running system; each fault is there while it is entered."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psycopg

# Two processes of pytest-xdist may share a server.
ROLE = f"tried_{os.getpid()}"
TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

Fault = Callable[[asyncpg.Connection], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def terminated(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Every connection is ended as soon as it is there."""

    over = asyncio.Event()

    async def terminate_until_over() -> None:
        while not over.is_set():
            await connection.execute(TERMINATE)

    task = asyncio.create_task(terminate_until_over())
    yield
    over.set()
    await task


@asynccontextmanager
async def read_only(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """A failover has left a replica behind the address."""
    database = await _name(connection)
    await connection.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    await connection.execute(TERMINATE)
    yield
    await connection.execute("SET default_transaction_read_only = off")
    await connection.execute(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    await connection.execute(TERMINATE)


@asynccontextmanager
async def no_login(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """The role may not log in."""
    await connection.execute(f"ALTER ROLE {ROLE} NOLOGIN")
    await connection.execute(TERMINATE)
    yield
    await connection.execute(f"ALTER ROLE {ROLE} LOGIN")


@asynccontextmanager
async def no_rights(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """The role may not touch the table."""
    await connection.execute(f"REVOKE ALL ON jobs FROM {ROLE}")
    yield
    await connection.execute(f"GRANT ALL ON jobs TO {ROLE}")


@asynccontextmanager
async def no_table(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """The table is away, as in the middle of a restore."""
    await connection.execute("ALTER TABLE jobs RENAME TO jobs_away")
    yield
    await connection.execute("ALTER TABLE jobs_away RENAME TO jobs")


@asynccontextmanager
async def no_connections(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """The database takes no more connections."""
    database = await _name(connection)
    await connection.execute(f"ALTER DATABASE {database} CONNECTION LIMIT 0")
    await connection.execute(TERMINATE)
    yield
    await connection.execute(f"ALTER DATABASE {database} CONNECTION LIMIT -1")


FAULTS: tuple[Fault, ...] = (terminated, read_only, no_login, no_rights, no_table, no_connections)


@contextmanager
def backends_stopped(pids: list[int]) -> Iterator[None]:
    """The server hangs: these connections stay, and nobody answers on them."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def as_tried_role(url: str) -> str:
    """The same database for a role of its own, to which things can happen."""
    run_statements(
        url,
        f"CREATE ROLE {ROLE} LOGIN PASSWORD 'p'",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}",
    )
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{ROLE}:p@{parts.hostname}:{parts.port}"))


def drop_tried_role(url: str) -> None:
    """Undo as_tried_role."""
    run_statements(url, f"DROP OWNED BY {ROLE}", f"DROP ROLE {ROLE}")


def run_statements(url: str, *statements: str) -> None:
    """Each on its own, as a superuser."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


async def _name(connection: asyncpg.Connection) -> str:
    return str(await connection.fetchval("SELECT current_database()"))
