import asyncio
from collections.abc import AsyncIterable, Mapping
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from service.errors import DatabaseUnavailable, StorageError, StorageNotWritable
from service.jobs.memory import MemoryJobs
from service.jobs.operations.base import Role
from service.maintenance.janitor import sweep_files
from service.presence import Workers, announce_forever, check_workers, prove_storage
from service.storage.base import StoredFile
from service.storage.local import LocalStorage
from tests.unit.service.workers import NOBODYS, announced
from tests.waiting import until


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".part"]


async def test_a_stopped_worker_leaves_neither_row_nor_file(
    storage: LocalStorage, tmp_path: Path
) -> None:
    jobs = MemoryJobs()
    async with announced(jobs, storage):
        assert len(files(tmp_path)) == 1
        assert await check_workers(jobs, storage) is Workers.OK

    assert files(tmp_path) == []
    assert await check_workers(jobs, storage) is Workers.NONE


async def test_one_worker_of_many_with_another_storage_is_one_too_many(
    storage: LocalStorage, tmp_path: Path
) -> None:
    jobs = MemoryJobs()
    elsewhere = LocalStorage(tmp_path / "elsewhere")
    async with announced(jobs, storage), announced(jobs, storage, process="b"):
        assert await check_workers(jobs, storage) is Workers.OK
        async with announced(jobs, elsewhere, process="c"):
            assert await check_workers(jobs, storage) is Workers.OTHER_STORAGE
        assert await check_workers(jobs, storage) is Workers.OK


class ReadOnlyStorage(LocalStorage):
    """A volume that was mounted read-only: the system refuses to remove what is not there too."""

    async def save(self, key: str, chunks: AsyncIterable[bytes]) -> StoredFile:
        raise StorageNotWritable(key)

    async def delete(self, key: str) -> None:
        raise StorageError(key)


async def test_what_may_not_be_written_to_is_told_from_what_is_away(tmp_path: Path) -> None:
    """So /readyz says which it is."""
    with pytest.raises(StorageNotWritable):
        await prove_storage(ReadOnlyStorage(tmp_path))


async def test_a_folder_that_may_not_be_written_to_is_named_with_its_setting(
    caplog: pytest.LogCaptureFixture,
) -> None:
    forever = announce_forever(
        MemoryJobs(), LocalStorage(NOBODYS), process="a", role=Role.WEB, lease_seconds=60
    )
    announcing = asyncio.create_task(forever)
    await until(lambda: caplog.records)
    announcing.cancel()

    [record] = caplog.records
    assert record.message == "process not announced"
    assert f"{NOBODYS} cannot be written" in record.reason
    assert "FORGESYTE_STORAGE_URL" in record.hint


async def test_a_copy_of_the_storage_is_another_one(storage: LocalStorage, tmp_path: Path) -> None:
    """A folder that was restored on a second machine has every file but those that came since."""
    jobs, copy = MemoryJobs(), LocalStorage(tmp_path / "copy")
    async with announced(jobs, storage):
        (tmp_path / "copy").mkdir()
        (tmp_path / "video_jobs").rename(tmp_path / "copy" / "video_jobs")
    async with announced(jobs, storage):
        assert await check_workers(jobs, copy) is Workers.OTHER_STORAGE


class Stopping(MemoryJobs):
    """Knows a worker that is stopped just after it was asked for the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.left = {"a": uuid4()}

    async def live(self, role: Role) -> Mapping[str, UUID]:
        live, self.left = self.left, {}
        return live


async def test_a_worker_that_stops_while_it_is_looked_for_has_no_other_storage(
    storage: LocalStorage,
) -> None:
    assert await check_workers(Stopping(), storage) is Workers.NONE


class AwayAtFirst(MemoryJobs):
    """Workers behind a database that comes up late."""

    asked = 0

    async def announce(self, process: str, proof: UUID, *, role: Role, seconds: float) -> None:
        self.asked += 1
        if self.asked == 1:
            raise DatabaseUnavailable("refused")
        if self.asked == 2:
            raise RuntimeError("on no list")
        await super().announce(process, proof, role=role, seconds=seconds)


async def test_no_error_ends_the_announcing(storage: LocalStorage) -> None:
    jobs = AwayAtFirst()
    async with announced(jobs, storage, lease_seconds=0.5):
        assert jobs.asked >= 3


async def test_the_file_of_a_live_worker_stays_young_and_that_of_a_killed_one_is_swept(
    storage: LocalStorage, tmp_path: Path
) -> None:
    """P10."""
    jobs = MemoryJobs()
    async with announced(jobs, storage, lease_seconds=0.2):
        (first,) = files(tmp_path)
        written = first.stat().st_ctime_ns
        await until(lambda: first.stat().st_ctime_ns > written)
    first.touch()
    await sweep_files(jobs, storage, grace_seconds=0)

    assert files(tmp_path) == []
