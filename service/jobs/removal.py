"""The jobs as their removal sees them: counted, locked, and known by their files' names."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from service.errors import DatabaseUnavailable
from service.jobs.migrate import in_one_line, unreadable

_LOCK_TIMEOUT = "3s"


class RemovalRefused(Exception):
    """The jobs cannot be removed as things stand"""


@asynccontextmanager
async def open_jobs_table(url: str) -> AsyncIterator["JobsTable"]:
    """The table over a connection of its own; raises DatabaseUnavailable, RemovalRefused."""
    if reason := unreadable(url):
        raise RemovalRefused(reason)
    try:
        async with await psycopg.AsyncConnection.connect(
            url, autocommit=True, connect_timeout=5
        ) as connection:
            found = await connection.execute("SELECT to_regclass('jobs')")
            yield JobsTable(connection, exists=await found.fetchone() != (None,))
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(in_one_line(error)) from error
    except psycopg.Error as error:
        raise RemovalRefused(in_one_line(error)) from error


class JobsTable:
    """The jobs table, which need not exist: then there are no jobs."""

    def __init__(self, connection: psycopg.AsyncConnection, *, exists: bool) -> None:
        self._connection = connection
        self._exists = exists

    async def by_status(self) -> dict[str, int]:
        """How many jobs there are in each status that occurs."""
        if not self._exists:
            return {}
        counted = "SELECT status, count(*) FROM jobs GROUP BY status ORDER BY status"
        return dict(await (await self._connection.execute(counted)).fetchall())

    async def knows_any(self, job_ids: Sequence[UUID]) -> bool:
        """Whether one of these is a job of this table."""
        known = "SELECT EXISTS (SELECT FROM jobs WHERE job_id = ANY(%s))"
        return self._exists and await self._value(known, list(job_ids))

    async def refuse_running(self) -> None:
        """Raise RemovalRefused while a worker holds a job: it would write results meanwhile."""
        running = "SELECT count(*) FROM jobs WHERE status = 'running' AND lease_expires_at > now()"
        if self._exists and (held := await self._value(running)):
            raise RemovalRefused(
                f"a worker is at {held} of the jobs: end every web and worker first; the lease of "
                "one that was killed ends by itself, within FORGESYTE_LEASE_SECONDS"
            )

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Until the block ends nobody else reads or writes a job; raises RemovalRefused."""
        async with self._connection.transaction():
            if self._exists:
                await self._lock()
                await self.refuse_running()
            yield

    async def delete_all(self) -> None:
        """Delete every job; what a rollback would else carry over from one schema to the next."""
        if self._exists:
            await self._connection.execute("DELETE FROM jobs")

    async def note_removal(self, place: str) -> None:
        """Remember, as long as the table is there, that the files in `place` are being deleted."""
        if self._exists:
            comment = sql.SQL("COMMENT ON TABLE jobs IS {}").format(_note(place))
            await self._connection.execute(comment)

    async def removal_noted(self, place: str) -> bool:
        """Whether a removal of the files in `place` has begun before."""
        noted = "SELECT obj_description('jobs'::regclass, 'pg_class') IS NOT DISTINCT FROM %s"
        return self._exists and await self._value(noted, _note(place))

    async def _lock(self) -> None:
        # The files may take longer to delete than a server lets a transaction rest.
        await self._connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await self._connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        try:
            # As strong as what removes the table: whoever would keep that waiting is met now.
            await self._connection.execute("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
        except psycopg.errors.LockNotAvailable as error:
            raise RemovalRefused(
                "somebody is using the table: end every web and worker first, and any copying of it"
            ) from error

    async def _value(self, query: str, *parameters: object) -> Any:
        row = await (await self._connection.execute(query, parameters)).fetchone()
        return row and row[0]


def _note(place: str) -> str:
    return f"the files in {place} are being deleted"
