"""All jobs in PostgreSQL, page by page along an index."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosql

from service.errors import JobNotFound
from service.jobs.catalog.base import BEGINNING, FIRST_TEXT, Detail, Found, Place, TextPlace
from service.jobs.catalog.words import TextQuery
from service.jobs.connections import OnPool
from service.jobs.model import Job, Status
from service.jobs.rows import job_of

# Every row there is may be written anew.
ADOPTION_SECONDS = 60.0

QUERIES: Any = aiosql.from_path(Path(__file__).with_name("queries.sql"), "asyncpg")


class PostgresCatalog(OnPool):
    """Every port of service.jobs.catalog.base over one asyncpg pool."""

    async def list_jobs(
        self,
        *,
        limit: int,
        status: Status | None = None,
        after: Place = BEGINNING,
        owner: str = "",
    ) -> Sequence[Job]:
        """See JobListing."""
        page: dict[str, Any] = {
            "owner": owner,
            "created_at": after.created_at,
            "job_id": after.job_id,
            "limit": limit,
        }
        async with self._connection() as connection:
            if status is None:
                rows = QUERIES.list_jobs(connection, **page)
            else:
                rows = QUERIES.list_jobs_in_status(connection, status=status, **page)
            return [job_of(row) async for row in rows]

    async def detail(self, job_id: UUID, *, owner: str = "") -> Detail:
        """See JobListing."""
        async with self._connection() as connection:
            row = await QUERIES.get_detail(connection, job_id=job_id, owner=owner)
        if row is None:
            raise JobNotFound.by_id(job_id)
        values = dict(row)
        queue_position = values.pop("queue_position")
        return Detail(job_of(values), queue_position)

    async def remove(self, job_id: UUID, *, owner: str = "") -> Job:
        """See JobRemoval."""
        async with self._connection() as connection:
            row = await QUERIES.remove_job(connection, job_id=job_id, owner=owner)
        if row is None:
            raise JobNotFound.by_id(job_id)
        return job_of(row)

    async def adopt(self, owner: str) -> int:
        """See JobAdoption."""
        async with self._connection(seconds=ADOPTION_SECONDS) as connection:
            return int(await QUERIES.adopt_jobs(connection, owner=owner))

    async def search(
        self,
        query: TextQuery,
        *,
        limit: int,
        class_name: str | None = None,
        after: TextPlace = FIRST_TEXT,
        owner: str = "",
    ) -> Sequence[Found]:
        """See TextSearch."""
        async with self._connection() as connection:
            rows = QUERIES.search_texts(
                connection,
                query=query.as_tsquery(),
                owner=owner,
                class_name=class_name,
                created_at=after.created_at,
                job_id=after.job_id,
                position=after.position,
                limit=limit,
            )
            return [Found(**row) async for row in rows]
