"""What is deleted in the background, on a real PostgreSQL and a real folder."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from config.failures import FailureCode
from config.settings import Settings
from service.jobs.model import Job, Options, attempt_results_key, results_key, source_key
from service.jobs.postgres import MAINTENANCE_SECONDS, PostgresJobs, open_postgres_jobs
from service.maintenance.forever import PERIOD_SECONDS, maintain
from service.maintenance.janitor import GRACE_SECONDS, sweep_files
from service.storage.base import Untouched
from service.storage.local import LocalStorage
from service.web.upload.acceptance import ACCEPTANCE_SECONDS, UNDER_KEY_SECONDS
from tests.unit.service.jobs.samples import TEXT, a_new_job
from worker.repeats import find_repeated

DAYS = 7
OLD = "8 days"
PROVENANCE = {"program": "1"}
SUMMARY = {
    "video": {"frames_failed": 0},
    "texts": [TEXT],
    "provenance": PROVENANCE | {"options": asdict(Options())},
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

    await sweep_files(jobs, storage, grace_seconds=0)
    assert names(folder) == set()


async def test_a_pass_leaves_the_work_to_the_process_that_is_at_it(
    jobs: PostgresJobs, storage: LocalStorage, migrated_url: str, keeping: Settings
) -> None:
    job = await completed(jobs, storage)
    age(migrated_url, job)

    async with open_postgres_jobs(migrated_url) as others, others.maintaining():
        await maintain(jobs, storage, settings=keeping)

    assert await jobs.exists(job.job_id)


async def test_what_killed_processes_left_is_swept_and_a_jobs_own_files_stay(
    jobs: PostgresJobs, storage: LocalStorage, folder: Path
) -> None:
    """P10."""
    done = await completed(jobs, storage)
    held = await running(jobs, storage)
    waiting = await pending(jobs, storage)
    hexadecimal = "0" * 32
    strays = {
        f"{uuid4()}.mp4",
        f"{uuid4()}_results.1.json",
        f"{uuid4()}_results.json",
        f".{uuid4()}.mp4.{hexadecimal}.part",
        f".{done.job_id}_results.1.json.{hexadecimal}.part",
        f"{done.job_id}_results.2.json",
        f"{done.job_id}_segment.1.0",
        f"{done.job_id}_checkpoint.1",
        f"{uuid4()}_segment.1.12",
        f"{uuid4()}_checkpoint.2",
        f"readiness-{uuid4()}",
        f".readiness-{uuid4()}.{hexadecimal}.part",
    }
    own = {
        f".{held.job_id}_results.1.json.{hexadecimal}.part",
        f"{held.job_id}_results.1.json",
        f"{held.job_id}_segment.1.0",
        f"{held.job_id}_checkpoint.1",
        f"{waiting.job_id}_segment.1.0",
        f"{waiting.job_id}_checkpoint.1",
    }
    strangers = {"README", ".hidden"}
    for name in strays | own | strangers:
        (folder / name).touch()

    removed = await sweep_files(jobs, storage, grace_seconds=0)

    videos = {f"{held.job_id}.mp4", f"{waiting.job_id}.mp4"}
    assert removed == len(strays)
    assert names(folder) == files_of(done) | videos | own | strangers


async def test_both_names_of_results_go_in_one_pass_however_many_there_are(
    jobs: PostgresJobs, storage: LocalStorage, folder: Path
) -> None:
    """P10: of 400 pairs 190 files stayed for another grace, their other name gone before."""
    folder.mkdir(parents=True, exist_ok=True)
    for _ in range(400):
        job_id = uuid4()
        (folder / f"{job_id}_results.1.json").touch()
        (folder / f"{job_id}_results.json").hardlink_to(folder / f"{job_id}_results.1.json")

    removed = await sweep_files(jobs, storage, grace_seconds=0)

    assert (removed, names(folder)) == (800, set())


async def test_a_failed_job_keeps_its_video_and_no_attempts_results(
    jobs: PostgresJobs, storage: LocalStorage, folder: Path
) -> None:
    job = await running(jobs, storage)
    await storage.save(attempt_results_key(job.lease), one(b"results"))
    await jobs.fail(job.lease, FailureCode.NO_FRAMES, "none")

    await sweep_files(jobs, storage, grace_seconds=0)

    assert names(folder) == {f"{job.job_id}.mp4"}


async def test_a_young_file_without_a_row_stays_for_the_row_to_come(
    jobs: PostgresJobs, storage: LocalStorage, folder: Path
) -> None:
    """P1: its INSERT may be under way."""
    new = a_new_job()
    await storage.save(new.source.key, one(b"video"))

    removed = await sweep_files(jobs, storage)

    assert (removed, names(folder)) == (0, {f"{new.job_id}.mp4"})


class InsertedMeanwhile(LocalStorage):
    """A storage that finds a file just before the row that names it comes."""

    def __init__(self, root: Path, insert: Callable[[], Awaitable[object]]) -> None:
        super().__init__(root)
        self._insert = insert

    async def untouched(self, folder: str, *, seconds: float) -> AsyncIterator[Untouched]:
        async for file in super().untouched(folder, seconds=seconds):
            yield file
        await self._insert()


async def test_a_row_that_comes_after_the_file_was_found_saves_it(
    jobs: PostgresJobs, folder: Path
) -> None:
    """P1."""
    new = a_new_job()
    storage = InsertedMeanwhile(folder.parent, lambda: jobs.insert(new))
    await storage.save(new.source.key, one(b"video"))

    removed = await sweep_files(jobs, storage, grace_seconds=0)

    assert (removed, names(folder)) == (0, {f"{new.job_id}.mp4"})


async def test_files_that_are_older_than_the_schema_are_another_databases(
    jobs: PostgresJobs, storage: LocalStorage, folder: Path, migrated_url: str
) -> None:
    await storage.save(source_key(uuid4()), one(b"video"))
    with psycopg.connect(migrated_url) as connection:
        connection.execute("UPDATE _yoyo_migration SET applied_at_utc = now() + interval '1 day'")

    removed = await sweep_files(jobs, storage, grace_seconds=0)

    assert (removed, len(names(folder))) == (0, 1)


async def test_no_video_waits_for_its_insert_as_long_as_the_janitor_for_a_row() -> None:
    """P1: what is sent, answered, and sent again is over before a file may be swept."""
    last_insert = ACCEPTANCE_SECONDS + UNDER_KEY_SECONDS

    assert last_insert < GRACE_SECONDS / 2
    assert GRACE_SECONDS + PERIOD_SECONDS + MAINTENANCE_SECONDS <= 3600
