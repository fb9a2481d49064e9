"""Jobs in PostgreSQL: the row is the truth, every write is a compare-and-swap."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from functools import partial
from json import dumps
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosql
import asyncpg

from config.failures import FailureCode
from service.errors import (
    JobNotCompleted,
    JobNotFound,
    LeaseLost,
    SchemaOutdated,
)
from service.jobs.catalog.postgres import PostgresCatalog
from service.jobs.catalog.words import tsvector_of
from service.jobs.connections import ANSWER_SECONDS, jobs_pool
from service.jobs.model import Job, Lease, NewJob, Status
from service.jobs.operations.postgres import PostgresOperations
from service.jobs.rows import KNOWN_OPTIONS, job_of
from service.jobs.schema import migration_ids
from service.jobs.store import Expired, Repeat, worker_lost_message
from service.storage.base import StoredFile

# Ten thousand texts take half a second (`python -m tests.benchmarks jobs`); a slow disk may take
# its time, since the heartbeat goes on.
COMPLETION_SECONDS = 60.0
# Until another process may begin what this one did not end.
MAINTENANCE_SECONDS = 600.0

QUERIES: Any = aiosql.from_path(Path(__file__).with_name("queries.sql"), "asyncpg")


@asynccontextmanager
async def open_postgres_jobs(
    url: str, *, pooler: bool = False, answer_seconds: float = ANSWER_SECONDS
) -> AsyncIterator["PostgresJobs"]:
    """Jobs over a pool of its own, which connects when first used.

    pooler: a PgBouncer stands in front, so no statement may outlive its transaction.
    answer_seconds: what a call may take, getting a connection included.
    """
    pool = await jobs_pool(url, pooler=pooler)
    try:
        yield PostgresJobs(pool, answer_seconds=answer_seconds)
    finally:
        pool.terminate()


class PostgresJobs(PostgresCatalog, PostgresOperations):
    """Every port of service.jobs over one asyncpg pool."""

    async def insert(self, new: NewJob) -> tuple[Job, bool]:
        """See JobStore."""
        insert = partial(
            QUERIES.insert_job,
            job_id=new.job_id,
            pipeline_id=new.pipeline_id,
            input_path=new.source.key,
            input_name=new.input_name,
            input_bytes=new.source.size,
            input_sha256=new.source.sha256,
            options=asdict(new.options),
            owner=new.owner,
            idempotency_key=new.idempotency_key,
            fresh=new.fresh,
        )
        async with self._connection() as connection:
            try:
                row = await insert(connection)
            except asyncpg.UniqueViolationError:
                # The same INSERT, whose response was lost, was done just now: it met its id
                # before its key, and now it meets its key.
                row = await insert(connection)
        return job_of(row), row["job_id"] == new.job_id

    async def get(self, job_id: UUID, *, owner: str = "") -> Job:
        """See JobStore."""
        async with self._connection() as connection:
            row = await QUERIES.get_job(connection, job_id=job_id, owner=owner)
        if row is None:
            raise JobNotFound.by_id(job_id)
        return job_of(row)

    async def summary(self, job_id: UUID) -> Mapping[str, Any]:
        """See JobStore."""
        async with self._connection() as connection:
            row = await QUERIES.get_summary(connection, job_id=job_id)
            texts = [_text(text) async for text in QUERIES.get_texts(connection, job_id=job_id)]
        if row is None:
            raise JobNotFound.by_id(job_id)
        if row["summary"] is None:
            raise JobNotCompleted(str(job_id))
        return {**row["summary"], "texts": texts}

    async def count_pending(self, owner: str) -> int:
        """See JobStore."""
        async with self._connection() as connection:
            return int(await QUERIES.count_pending(connection, owner=owner))

    async def check(self) -> None:
        """See JobStore."""
        async with self._connection() as connection:
            rows = [row async for row in QUERIES.applied_migrations(connection)]
        needed = await asyncio.to_thread(migration_ids)
        missing = sorted(needed - {row["migration_id"] for row in rows})
        if missing:
            raise SchemaOutdated(f"run `forgesyte migrate`: {', '.join(missing)} not applied")

    async def claim(self, *, owner: str, lease_seconds: float) -> Job | None:
        """See LeaseStore."""
        async with self._connection() as connection:
            row = await QUERIES.claim_job(
                connection,
                lease_owner=owner,
                lease_seconds=lease_seconds,
                known_options=KNOWN_OPTIONS,
            )
        return row and job_of(row)

    async def requeue_claimed(self, owner: str) -> None:
        """See LeaseStore."""
        async with self._connection() as connection:
            await QUERIES.requeue_claimed(connection, lease_owner=owner)

    async def renew(
        self,
        lease: Lease,
        *,
        lease_seconds: float,
        frames_done: int | None = None,
        frames_expected: int | None = None,
    ) -> None:
        """See LeaseStore."""
        async with self._connection() as connection:
            row = await QUERIES.renew_lease(
                connection,
                **_fence(lease),
                lease_seconds=lease_seconds,
                frames_done=frames_done,
                frames_expected=frames_expected,
            )
        _held(row, lease)

    async def check_held(self, lease: Lease) -> None:
        """See HeldJobs."""
        async with self._connection() as connection:
            row = await QUERIES.held_job(connection, **_fence(lease))
        _held(row, lease)

    async def exists(self, job_id: UUID) -> bool:
        """See HeldJobs."""
        async with self._connection() as connection:
            return await QUERIES.any_job(connection, job_id=job_id) is not None

    async def complete(
        self, lease: Lease, results: StoredFile, *, summary: Mapping[str, Any]
    ) -> None:
        """See LeaseStore; completing again what this attempt completed is no error."""
        facts = {name: value for name, value in summary.items() if name != "texts"}
        texts = await asyncio.to_thread(_texts_json, summary["texts"])
        async with self._connection(seconds=COMPLETION_SECONDS) as connection:
            row = await QUERIES.complete_job(
                connection,
                **_fence(lease),
                output_path=results.key,
                output_bytes=results.size,
                output_sha256=results.sha256,
                summary=_storable(facts),
                texts=texts,
            )
            # A response lost on the wire: the attempt number is this lease's alone.
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

    async def requeue(self, lease: Lease, *, interrupted: bool) -> None:
        """See LeaseStore."""
        async with self._connection() as connection:
            row = await QUERIES.requeue_job(
                connection, **_fence(lease), interruptions=int(interrupted)
            )
        _held(row, lease)

    async def find_repeat(self, job: Job, *, provenance: Mapping[str, Any]) -> Repeat | None:
        """See RepeatStore."""
        async with self._connection() as connection:
            row = await QUERIES.find_repeat(
                connection,
                owner=job.owner,
                input_sha256=job.input_sha256,
                provenance=_storable(provenance),
            )
        if row is None:
            return None
        results = StoredFile(row["output_path"], row["output_bytes"], row["output_sha256"])
        return Repeat(results, {**row["summary"], "texts": row["texts"]})

    async def expire_leases(self, *, max_attempts: int) -> Expired:
        """See RecoveryStore."""
        async with self._connection() as connection:
            expired = QUERIES.expire_leases(
                connection,
                max_attempts=max_attempts,
                error_code=FailureCode.WORKER_LOST,
                error_message=worker_lost_message(max_attempts),
            )
            rows = [(row["job_id"], Status(row["status"])) async for row in expired]
        return Expired(
            requeued=tuple(job_id for job_id, status in rows if status is Status.PENDING),
            failed=tuple(job_id for job_id, status in rows if status is Status.FAILED),
        )

    @asynccontextmanager
    async def maintaining(self) -> AsyncIterator[bool]:
        """See MaintenanceStore; the lock ends with its transaction, in ten minutes at most."""
        async with (
            self._connection(seconds=MAINTENANCE_SECONDS) as connection,
            connection.transaction(),
        ):
            # The files may take longer to delete than a server lets a transaction rest.
            await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            yield await QUERIES.maintain_alone(connection)

    async def remove_finished(self, *, days: int, limit: int) -> Sequence[Job]:
        """See MaintenanceStore."""
        async with self._connection(seconds=COMPLETION_SECONDS) as connection:
            rows = QUERIES.remove_finished(connection, days=days, limit=limit)
            return [job_of(row) async for row in rows]

    async def get_known(self, job_ids: Sequence[UUID]) -> Sequence[Job]:
        """See MaintenanceStore."""
        async with self._connection() as connection:
            return [job_of(row) async for row in QUERIES.get_known(connection, job_ids=job_ids)]

    async def schema_since(self) -> datetime:
        """See MaintenanceStore: when the first migration was applied."""
        async with self._connection() as connection:
            since: datetime = await QUERIES.schema_since(connection)
        return since


def _fence(lease: Lease) -> dict[str, Any]:
    return {"job_id": lease.job_id, "attempt": lease.attempt, "lease_owner": lease.owner}


def _held(row: asyncpg.Record | None, lease: Lease) -> None:
    if row is None:
        raise LeaseLost(f"job {lease.job_id}, attempt {lease.attempt}")


def _texts_json(texts: Sequence[Mapping[str, Any]]) -> str:
    """The texts as a JSON array, each with the words that search finds it by."""
    # Ten thousand texts in one call would keep every other thread waiting for up to 60 ms.
    return f"[{', '.join(map(_text_json, texts))}]"


def _text_json(text: Mapping[str, Any]) -> str:
    storable = _storable(text)
    return dumps(storable | {"words": tsvector_of(storable["text"])})


def _storable(value: Any) -> Any:
    """The same value without what PostgreSQL's text cannot hold: NUL, and halves of characters."""
    match value:
        case str():
            readable = value.encode("utf-8", "replace").decode()
            return readable.replace("\0", "\N{REPLACEMENT CHARACTER}")
        case Mapping():
            return {_storable(name): _storable(member) for name, member in value.items()}
        case list() | tuple():
            return [_storable(member) for member in value]
    return value


def _text(row: asyncpg.Record) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}
