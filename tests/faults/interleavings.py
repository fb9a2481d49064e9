"""Every order of what two workers, recovery and a client may do to one job, on the real SQL.

`python -m tests.faults.interleavings` starts a PostgreSQL of its own; DATABASE_URL names a migrated
one. From each state that can be reached each operation is tried, so orders of any length are met,
as long as the attempts stay within a bound. A worker keeps every lease it ever had and may use any
of them at any time: its statement may have been under way for long.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg

from config.failures import FailureCode
from service.errors import DatabaseRefused, JobNotFound, LeaseLost
from service.jobs.connections import jobs_pool
from service.jobs.migrate import migrate
from service.jobs.model import TERMINAL, TRANSITIONS, Lease, NewJob, Status
from service.jobs.postgres import PostgresJobs
from service.launcher.servers_folder import open_temporary_folder
from service.storage.base import StoredFile
from tests.faults.servers import open_servers

JOB_ID = UUID(int=1)
WORKERS = ("a", "b")
MAX_CRASHES = 2
LONG_SECONDS = 60.0
SHA256 = "a" * 64

Row = tuple[Any, ...]


@dataclass(frozen=True)
class State:
    """The row, None where there is none, and the owner of each attempt there ever was."""

    row: "Seen | None"
    owners: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """What of a row decides what may come next."""

    status: str
    attempt: int
    interruptions: int
    lease_owner: str | None
    is_over: bool | None
    output_path: str | None
    error_code: str | None


@dataclass
class Explored:
    """How much was tried, and what must not be."""

    states: int = 0
    moves: int = 0
    violations: list[str] = field(default_factory=list)


READ = """
SELECT status, attempt, interruptions, lease_owner, lease_expires_at < now() AS is_over,
    output_path, error_code
FROM jobs
"""
WRITE = """
UPDATE jobs
SET status = $1, attempt = $2, interruptions = $3, lease_owner = $4,
    lease_expires_at =
        now() + CASE WHEN $5 THEN interval '-1 s' WHEN NOT $5 THEN interval '1 h' END,
    output_path = $6, error_code = $7, error_message = $7,
    output_bytes = CASE WHEN $6::text IS NOT NULL THEN 7 END,
    output_sha256 = CASE WHEN $6::text IS NOT NULL THEN repeat('a', 64) END,
    summary = CASE WHEN $6::text IS NOT NULL THEN '{}'::jsonb END
"""

# Whether it was done; False where the job was somebody else's, or nobody's.
Operation = Callable[[PostgresJobs], Awaitable[bool]]


async def explore(
    connection: asyncpg.Connection, *, max_attempts: int, told: Callable[[Explored], None]
) -> Explored:
    """Try every operation in every state; the connection's database has our schema and no job."""
    jobs = PostgresJobs(_OneConnection(connection), answer_seconds=LONG_SECONDS)
    explored, first = Explored(), State(Seen("pending", 0, 0, None, None, None, None))
    waiting, known, leads = [first], {first}, dict[State, set[State]]()
    async with connection.transaction():
        await jobs.insert(_a_job())
        while waiting:
            state = waiting.pop()
            leads[state] = set()
            for name, operation in _operations(state, max_attempts):
                after, done = await _tried(connection, jobs, state, operation)
                explored.moves += 1
                if wrong := _violation(name, state, after, done):
                    explored.violations.append(f"{name} in {state} gave {after}, {done}: {wrong}")
                leads[state].add(after)
                if after not in known:
                    known.add(after)
                    waiting.append(after)
            explored.states = len(known)
            told(explored)
    explored.violations += [f"{state} has no way to an end" for state in _stuck(leads)]
    return explored


async def _tried(
    connection: asyncpg.Connection, jobs: PostgresJobs, state: State, operation: Operation
) -> tuple[State, bool]:
    """The state after an operation, and whether it was done; the database stays as it was."""
    attempt = connection.transaction()
    await attempt.start()
    if state.row is None:
        await connection.execute("DELETE FROM jobs")
    else:
        await connection.execute(WRITE, *astuple(state.row))
    inner = connection.transaction()
    await inner.start()
    try:
        done = await operation(jobs)
        await inner.commit()
    except (LeaseLost, JobNotFound, DatabaseRefused):
        done = False
        await inner.rollback()
    found = await connection.fetchrow(READ)
    await attempt.rollback()
    row = Seen(*found) if found is not None else None
    is_claim = row is not None and len(state.owners) < row.attempt
    owners = (*state.owners, row.lease_owner or "") if row and is_claim else state.owners
    return State(row, owners), done


def _operations(state: State, max_attempts: int) -> Iterator[tuple[str, Operation]]:
    yield "recover", _recover
    yield "delete", _delete
    yield "lapse", _lapse
    # The workers are alike: let the first to claim be the first.
    for owner in WORKERS if state.owners else WORKERS[:1]:
        if len(state.owners) < max_attempts:
            yield f"claim {owner}", partial(_claim, owner=owner)
        yield f"requeue_claimed {owner}", partial(_requeue_claimed, owner=owner)
    for attempt, owner in enumerate(state.owners, start=1):
        for name, write in WRITES.items():
            yield f"{name} {owner} {attempt}", partial(write, lease=Lease(JOB_ID, attempt, owner))


async def _recover(jobs: PostgresJobs) -> bool:
    expired = await jobs.expire_leases(max_attempts=MAX_CRASHES)
    return bool(expired.requeued or expired.failed)


async def _delete(jobs: PostgresJobs) -> bool:
    await jobs.remove(JOB_ID, owner="")
    return True


async def _lapse(jobs: PostgresJobs) -> bool:
    """Time passes, and nobody renews: no operation of ours, but what a crash looks like."""
    async with jobs._connection() as connection:
        told = await connection.execute(
            "UPDATE jobs SET lease_expires_at = now() - interval '1 s' WHERE status = 'running'"
        )
    return bool(told == "UPDATE 1")


async def _claim(jobs: PostgresJobs, *, owner: str) -> bool:
    return await jobs.claim(owner=owner, lease_seconds=LONG_SECONDS) is not None


async def _requeue_claimed(jobs: PostgresJobs, *, owner: str) -> bool:
    await jobs.requeue_claimed(owner)
    return True


async def _renew(jobs: PostgresJobs, *, lease: Lease) -> bool:
    await jobs.renew(lease, lease_seconds=LONG_SECONDS)
    return True


async def _requeue(jobs: PostgresJobs, *, lease: Lease, interrupted: bool) -> bool:
    await jobs.requeue(lease, interrupted=interrupted)
    return True


async def _complete(jobs: PostgresJobs, *, lease: Lease) -> bool:
    results = StoredFile(f"results.{lease.attempt}", 7, SHA256)
    await jobs.complete(lease, results, summary={"texts": []})
    return True


async def _fail(jobs: PostgresJobs, *, lease: Lease) -> bool:
    await jobs.fail(lease, FailureCode.CORRUPT_VIDEO, "corrupt_video")
    return True


# What a worker writes to a job that it claimed.
WRITES: dict[str, Callable[..., Awaitable[bool]]] = {
    "renew": _renew,
    "requeue": partial(_requeue, interrupted=True),
    "crash": partial(_requeue, interrupted=False),
    "complete": _complete,
    "fail": _fail,
}


def _violation(name: str, before: State, after: State, done: bool) -> str:
    """What is wrong with a move; empty when nothing is."""
    kind, *of_lease = name.split()
    row, left = before.row, after.row
    if kind == "delete":
        return "" if left is None and done == (row is not None) else "not deleted"
    if row is None or left is None:
        return (
            "" if row is left and (not done or kind == "requeue_claimed") else "a row came or went"
        )
    if left.status != row.status and left.status not in TRANSITIONS[Status(row.status)]:
        return f"{row.status} became {left.status}"
    if row.status in TERMINAL and left != row:
        return "what has ended changed"
    if left.attempt - row.attempt != (kind == "claim" and done):
        return "the attempt is not the claim's"
    if kind == "claim" and done != (row.status == Status.PENDING):
        return "claimed what was not pending, or not what was"
    if kind == "recover":
        return _of_recovery(row, left, done)
    if kind in WRITES:
        return _of_write(kind, int(of_lease[1]), of_lease[0], row, left, done)
    return ""


def _of_recovery(row: Seen, left: Seen, done: bool) -> str:
    if done != (row.status == Status.RUNNING and bool(row.is_over)):
        return "recovered what was held, or not what was lost"
    is_last = row.attempt - row.interruptions >= MAX_CRASHES
    return "" if not done or (left.status == Status.FAILED) == is_last else "the wrong end"


def _of_write(kind: str, attempt: int, owner: str, row: Seen, left: Seen, done: bool) -> str:
    is_holder = (row.status, row.attempt, row.lease_owner) == (Status.RUNNING, attempt, owner)
    if is_holder:
        return "" if done else "refused the holder"
    # The answer to the first one may have been lost on its way.
    is_repeated = kind == "complete" and row.output_path == f"results.{attempt}"
    return "" if left == row and done == is_repeated else "a write got past the fence"


def _stuck(leads: dict[State, set[State]]) -> list[State]:
    """States from which nothing leads to an end."""
    ends = {state for state in leads if state.row is None or state.row.status in TERMINAL}
    while more := {state for state in leads if state not in ends and leads[state] & ends}:
        ends |= more
    return [state for state in leads if state not in ends]


class _OneConnection:
    """A pool whose one connection is in a transaction."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def acquire(self, **_: float) -> asyncpg.Connection:
        return self._connection

    async def release(self, _: asyncpg.Connection) -> None:
        pass


def _a_job() -> NewJob:
    return NewJob(JOB_ID, "yolo_ocr", StoredFile("video_jobs/1.mp4", 10, SHA256))


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection as PostgresJobs takes them."""
    async with jobs_pool(url) as pool, pool.acquire() as connection:
        yield connection


async def _explore_alone(url: str) -> Explored:
    async with connected(url) as connection:
        return await explore(
            connection,
            max_attempts=5,
            told=lambda found: _show(f"\r{found.states} states, {found.moves} moves "),
        )


def _show(text: str) -> None:
    sys.stderr.write(text)


def main() -> int:
    """Explore, and print what was visited."""
    with (
        open_temporary_folder("interleavings-") as folder,
        open_servers(folder / "servers") as servers,
        servers.database() as url,
    ):
        migrate(url)
        explored = asyncio.run(_explore_alone(url))
    found = f"{explored.states} states, {explored.moves} moves, {len(explored.violations)}"
    sys.stdout.write("\n".join([f"\n{found} violations", *explored.violations, ""]))
    return int(bool(explored.violations))


if __name__ == "__main__":
    sys.exit(main())
