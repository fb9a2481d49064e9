"""Every order of what two workers, recovery and a client may do to one job, on the real SQL.

`python -m tests.faults.interleavings`, on a PostgreSQL of its own. From each state that can be
reached each operation is tried, so orders of any length are met, as long as the attempts stay
within a bound. A worker keeps every lease it ever had and may use any of them at any time: its
statement may have been under way for long.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass, field

import asyncpg

from service.errors import DatabaseRefused, JobNotFound, LeaseLost
from service.jobs.connections import jobs_pool
from service.jobs.migrate import migrate
from service.jobs.model import TERMINAL, TRANSITIONS, Status
from service.jobs.postgres import PostgresJobs
from service.launcher.servers_folder import open_temporary_folder
from tests.faults.operations import (
    LONG_SECONDS,
    MAX_CRASHES,
    WRITES,
    Operation,
    Seen,
    State,
    a_job,
    operations,
)
from tests.faults.servers import open_servers


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


async def explore(
    connection: asyncpg.Connection, *, max_attempts: int, told: Callable[[Explored], None]
) -> Explored:
    """Try every operation in every state; the connection's database has our schema and no job."""
    jobs = PostgresJobs(_OneConnection(connection), answer_seconds=LONG_SECONDS)
    explored, first = Explored(), State(Seen("pending", 0, 0, None, None, None, None))
    waiting, known, leads = [first], {first}, dict[State, set[State]]()
    await jobs.insert(a_job())
    while waiting:
        state = waiting.pop()
        leads[state] = set()
        for name, operation in operations(state, max_attempts):
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


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection as PostgresJobs takes them."""
    async with jobs_pool(url) as pool, pool.acquire() as connection:
        yield connection


async def _explore_alone(url: str) -> Explored:
    async with connected(url) as connection:
        return await explore(
            connection,
            max_attempts=4,
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
