from dataclasses import replace

from service.jobs.postgres import open_postgres_jobs
from tests.unit.service.jobs.samples import a_new_job


async def test_an_insert_sent_again_under_its_key_finds_its_own_row(migrated_url: str) -> None:
    """web.acceptance asks so what became of an INSERT that was not answered."""
    new = replace(a_new_job(), idempotency_key="3f0c")
    async with open_postgres_jobs(migrated_url) as jobs:
        rows = [await jobs.insert(new) for _ in range(2)]

    assert {row.job_id for row, _ in rows} == {new.job_id}
    assert {row.input_path for row, _ in rows} == {new.source.key}
