"""What an operator is shown, from PostgreSQL."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosql

from service.jobs.connections import OnPool
from service.jobs.model import Status
from service.jobs.operations.base import FINISHED_SECONDS, ConnectionFigures, JobFigures, Role

QUERIES: Any = aiosql.from_path(Path(__file__).with_name("queries.sql"), "asyncpg")


class PostgresOperations(OnPool):
    """Every port of service.jobs.operations.base over one asyncpg pool."""

    async def figures(self) -> JobFigures:
        """See JobCounting."""
        async with self._connection() as connection:
            unfinished = await QUERIES.count_unfinished(connection)
            counted = QUERIES.count_finished(connection, seconds=FINISHED_SECONDS)
            finished = {
                (Status(row["status"]), row["error_code"]): row["jobs"] async for row in counted
            }
        return JobFigures(**unfinished, finished=finished)

    def connections(self) -> ConnectionFigures:
        """See JobCounting."""
        pool, waits = self._pool, self._waits
        in_use = pool.get_size() - pool.get_idle_size()
        return ConnectionFigures(in_use, pool.get_max_size(), waits.up_to(), waits.seconds)

    async def announce(self, process: str, proof: UUID, *, role: Role, seconds: float) -> None:
        """See ProcessPresence."""
        async with self._connection() as connection:
            await QUERIES.announce_process(
                connection, process=process, proof=proof, role=role, seconds=seconds
            )

    async def retire(self, process: str) -> None:
        """See ProcessPresence."""
        async with self._connection() as connection:
            await QUERIES.retire_process(connection, process=process)

    async def live(self, role: Role) -> Mapping[str, UUID]:
        """See ProcessPresence."""
        async with self._connection() as connection:
            rows = QUERIES.live_processes(connection, role=role)
            return {row["worker"]: row["proof"] async for row in rows}
