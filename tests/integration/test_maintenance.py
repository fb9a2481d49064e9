"""What is deleted in the background, on a real PostgreSQL and a real folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from config.settings import Settings
from service.jobs.model import Job, attempt_results_key, results_key
from service.jobs.postgres import PostgresJobs, open_postgres_jobs
from service.maintenance.forever import maintain
from service.storage.local import LocalStorage
from tests.unit.service.jobs.samples import TEXT, a_new_job
from worker.repeats import find_repeated

DAYS = 7
OLD = "8 days"
PROVENANCE = {"program": "1"}
SUMMARY = {
    "video": {"frames_failed": 0},
    "texts": [TEXT],
    "provenance": PROVENANCE | {"options": {"frame_stride": 1, "max_frames": None}},
}


class Killed(BaseException):
    """The process is killed"""


class KilledStorage(LocalStorage):
    """The storage of a process that is killed before it deletes the first file."""

    async def delete(self, key: str) -> None:
        raise Killed(key)


@pytest.fixture
async def jobs(migrated_url: str) -> AsyncIterator[PostgresJobs]:
    async with open_postgres_jobs(migrated_url) as jobs:
        yield jobs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "storage" / "video_jobs"


@pytest.fixture
def storage(folder: Path) -> LocalStorage:
    return LocalStorage(folder.parent)


@pytest.fixture
def keeping(settings: Settings) -> Settings:
    return settings.model_copy(update={"retention_days": DAYS})


async def one(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def pending(jobs: PostgresJobs, storage: LocalStorage, **changes: object) -> Job:
    new = a_new_job(**changes)
    await storage.save(new.source.key, one(b"video"))
    job, _ = await jobs.insert(new)
    return job


async def running(jobs: PostgresJobs, storage: LocalStorage) -> Job:
    await pending(jobs, storage)
    job = await jobs.claim(owner="w", lease_seconds=60)
    assert job is not None
    return job


async def completed(jobs: PostgresJobs, storage: LocalStorage) -> Job:
    job = await running(jobs, storage)
    results = await storage.save(attempt_results_key(job.lease), one(b"results"))
    await jobs.complete(job.lease, results, summary=SUMMARY)
    await storage.publish(results.key, results_key(job.job_id))
    return await jobs.get(job.job_id)


def age(url: str, *jobs: Job, by: str = OLD) -> None:
    """Have the jobs got their status so long ago."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "UPDATE jobs SET updated_at = now() - %s::interval WHERE job_id = ANY(%s)",
            (by, [job.job_id for job in jobs]),
        )


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def files_of(job: Job) -> set[str]:
    keys = (job.input_path, job.output_path, results_key(job.job_id))
    return {Path(str(key)).name for key in keys}


async def test_an_old_job_goes_with_its_files_and_a_younger_one_stays(
    jobs: PostgresJobs,
    storage: LocalStorage,
    folder: Path,
    migrated_url: str,
    keeping: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    old = [await completed(jobs, storage) for _ in range(21)]
    young = await completed(jobs, storage)
    age(migrated_url, *old)
    age(migrated_url, young, by="6 days 23 hours")

    await maintain(jobs, storage, settings=keeping)

    told = [record.jobs for record in caplog.records if "retention" in record.message]
    assert told == [20, 21]
    assert names(folder) == files_of(young)
    assert await jobs.exists(young.job_id)


async def test_without_a_retention_nothing_is_too_old(
    jobs: PostgresJobs, storage: LocalStorage, migrated_url: str, settings: Settings
) -> None:
    job = await completed(jobs, storage)
    age(migrated_url, job, by="90 years")

    await maintain(jobs, storage, settings=settings)

    assert await jobs.exists(job.job_id)


async def test_a_job_that_has_not_finished_is_never_too_old(
    jobs: PostgresJobs,
    storage: LocalStorage,
    folder: Path,
    migrated_url: str,
    keeping: Settings,
) -> None:
    held = await running(jobs, storage)
    waiting = await pending(jobs, storage)
    age(migrated_url, held, waiting)

    await maintain(jobs, storage, settings=keeping)

    assert await jobs.exists(held.job_id)
    assert await jobs.exists(waiting.job_id)
    assert names(folder) == {f"{held.job_id}.mp4", f"{waiting.job_id}.mp4"}


async def test_an_instant_repeat_outlives_the_job_it_repeats(
    jobs: PostgresJobs, storage: LocalStorage, migrated_url: str, keeping: Settings
) -> None:
    first = await completed(jobs, storage)
    again = await running(jobs, storage)
    repeat = await find_repeated(again, provenance=PROVENANCE, jobs=jobs, storage=storage)
    assert repeat is not None
    await jobs.complete(again.lease, repeat.results, summary=repeat.summary)
    age(migrated_url, first)

    await maintain(jobs, storage, settings=keeping)

    assert not await jobs.exists(first.job_id)
    assert b"".join([chunk async for chunk in storage.load(repeat.results.key)]) == b"results"


async def test_a_process_killed_between_row_and_files_leaves_no_job_that_lacks_any(
    jobs: PostgresJobs,
    storage: LocalStorage,
    folder: Path,
    migrated_url: str,
    keeping: Settings,
) -> None:
    job = await completed(jobs, storage)
    age(migrated_url, job)

    with pytest.raises(Killed):
        await maintain(jobs, KilledStorage(folder.parent), settings=keeping)

    assert not await jobs.exists(job.job_id)
    assert names(folder) == files_of(job)


async def test_a_pass_leaves_the_work_to_the_process_that_is_at_it(
    jobs: PostgresJobs, storage: LocalStorage, migrated_url: str, keeping: Settings
) -> None:
    job = await completed(jobs, storage)
    age(migrated_url, job)

    async with open_postgres_jobs(migrated_url) as others, others.maintaining():
        await maintain(jobs, storage, settings=keeping)

    assert await jobs.exists(job.job_id)
