"""Jobs in PostgreSQL: the row is the truth, every write is a compare-and-swap."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from json import dumps, loads
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosql
import asyncpg

from config.failures import FailureCode
from service.jobs.errors import DatabaseUnavailable, JobNotFound, LeaseLost, SchemaOutdated
from service.jobs.migrate import migration_ids
from service.jobs.model import Job, Lease, NewJob, Options, Status, StoredFile, Ticket
from service.jobs.store import WORKER_LOST_MESSAGE, Expired

ACQUIRE_SECONDS = 3.0
COMMAND_SECONDS = 5.0
MAX_CONNECTIONS = 10
RECOVERY_LOCK = 0x666F7267  # "forg": any number, the same in every process

Connection = asyncpg.pool.PoolConnectionProxy
UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
)

QUERIES: Any = aiosql.from_path(Path(__file__).with_name("queries.sql"), "asyncpg")


@asynccontextmanager
async def open_postgres_jobs(url: str, *, pooler: bool = False) -> AsyncIterator["PostgresJobs"]:
    """Jobs over a pool of its own, which connects when first used.

    pooler: a PgBouncer stands in front, so no statement may outlive its transaction.
    """
    pool = await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=MAX_CONNECTIONS,
        timeout=ACQUIRE_SECONDS,
        command_timeout=COMMAND_SECONDS,
        statement_cache_size=0 if pooler else 100,
        init=_speak_json,
    )
    try:
        yield PostgresJobs(pool)
    finally:
        pool.terminate()


class PostgresJobs:
    """Every port of service.jobs.store over one asyncpg pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def insert(self, new: NewJob) -> tuple[Job, bool]:
        """See JobStore."""
        async with self._connection() as connection:
            row = await QUERIES.insert_job(
                connection,
                job_id=new.job_id,
                pipeline_id=new.pipeline_id,
                input_path=new.source.key,
                input_bytes=new.source.size,
                input_sha256=new.source.sha256,
                options=asdict(new.options),
                owner=new.owner,
                idempotency_key=new.idempotency_key,
            )
        return _job(row), row["job_id"] == new.job_id

    async def get(self, job_id: UUID) -> Job:
        """See JobStore."""
        async with self._connection() as connection:
            row = await QUERIES.get_job(connection, job_id=job_id)
        if row is None:
            raise JobNotFound(str(job_id))
        return _job(row)

    async def mark_rung(self, tickets: Sequence[Ticket]) -> None:
        """See JobStore."""
        async with self._connection() as connection:
            await QUERIES.mark_rung(
                connection,
                job_ids=[ticket.job_id for ticket in tickets],
                dispatch_nos=[ticket.dispatch_no for ticket in tickets],
            )

    async def check(self) -> None:
        """See JobStore."""
        async with self._connection() as connection:
            try:
                rows = [row async for row in QUERIES.applied_migrations(connection)]
            except asyncpg.UndefinedTableError as error:
                raise SchemaOutdated("run `forgesyte migrate`: no migration was applied") from error
        missing = sorted(migration_ids() - {row["migration_id"] for row in rows})
        if missing:
            raise SchemaOutdated(f"run `forgesyte migrate`: {', '.join(missing)} not applied")

    async def claim(self, job_id: UUID, *, owner: str, lease_seconds: float) -> Job | None:
        """See LeaseStore."""
        async with self._connection() as connection:
            row = await QUERIES.claim_job(
                connection, job_id=job_id, lease_owner=owner, lease_seconds=lease_seconds
            )
        return row and _job(row)

    async def renew(self, lease: Lease, *, lease_seconds: float) -> None:
        """See LeaseStore."""
        async with self._connection() as connection:
            row = await QUERIES.renew_lease(
                connection, **_fence(lease), lease_seconds=lease_seconds
            )
        _held(row, lease)

    async def complete(
        self, lease: Lease, results: StoredFile, *, summary: Mapping[str, Any]
    ) -> None:
        """See LeaseStore; completing again what this attempt completed is no error."""
        async with self._connection() as connection:
            row = await QUERIES.complete_job(
                connection,
                **_fence(lease),
                output_path=results.key,
                output_bytes=results.size,
                output_sha256=results.sha256,
                summary=dict(summary),
            )
            # An answer lost on the wire: the attempt number is this lease's alone.
            row = row or await QUERIES.completed_by_attempt(
                connection, job_id=lease.job_id, attempt=lease.attempt
            )
        _held(row, lease)

    async def fail(self, lease: Lease, code: FailureCode, message: str) -> None:
        """See LeaseStore."""
        async with self._connection() as connection:
            row = await QUERIES.fail_job(
                connection, **_fence(lease), error_code=code, error_message=_storable(message)
            )
        _held(row, lease)

    async def hand_back(self, lease: Lease, *, interrupted: bool) -> Ticket:
        """See LeaseStore."""
        async with self._connection() as connection:
            row = await QUERIES.hand_back_job(
                connection, **_fence(lease), interruptions=int(interrupted)
            )
        _held(row, lease)
        return Ticket(**row)

    async def expire_leases(self, *, max_attempts: int) -> Expired:
        """See RecoveryStore."""
        async with self._connection() as connection, connection.transaction():
            if not await QUERIES.try_recovery_lock(connection, lock=RECOVERY_LOCK):
                return Expired()
            lost = QUERIES.fail_lost_jobs(
                connection,
                max_attempts=max_attempts,
                error_code=FailureCode.WORKER_LOST,
                error_message=WORKER_LOST_MESSAGE.format(max_attempts),
            )
            failed = tuple([row["job_id"] async for row in lost])
            back = QUERIES.hand_back_lost_jobs(connection, max_attempts=max_attempts)
            return Expired(tuple([Ticket(**row) async for row in back]), failed)

    async def tickets_to_check(self, *, rung_before_seconds: float, limit: int) -> list[Ticket]:
        """See RecoveryStore."""
        async with self._connection() as connection:
            rows = QUERIES.tickets_to_check(
                connection, rung_before_seconds=rung_before_seconds, batch=limit
            )
            return [Ticket(**row) async for row in rows]

    async def renumber(self, ticket: Ticket) -> Ticket | None:
        """See RecoveryStore."""
        async with self._connection() as connection:
            row = await QUERIES.renumber_ticket(
                connection, job_id=ticket.job_id, dispatch_no=ticket.dispatch_no
            )
        return row and Ticket(**row)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
                yield connection
        except UNAVAILABLE as error:
            raise DatabaseUnavailable(f"{type(error).__name__}: {error}") from error


async def _speak_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", encoder=dumps, decoder=loads, schema="pg_catalog", format="text"
    )


def _fence(lease: Lease) -> dict[str, Any]:
    return {"job_id": lease.job_id, "attempt": lease.attempt, "lease_owner": lease.owner}


def _held(row: asyncpg.Record | None, lease: Lease) -> None:
    if row is None:
        raise LeaseLost(f"job {lease.job_id}, attempt {lease.attempt}")


def _storable(text: str) -> str:
    # PostgreSQL's text holds no NUL, and a codec's message may.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _job(row: asyncpg.Record) -> Job:
    values = dict(row)
    return Job(
        **values | {"status": Status(values["status"]), "options": Options(**values["options"])}
    )
