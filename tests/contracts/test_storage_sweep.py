"""One suite for whatever clears a storage out."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.errors import StorageError
from service.storage.local import LocalStorage
from service.wiring import Storage

FOLDER = "video_jobs"
NAMES = [f"{number}.mp4" for number in range(2500)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.fixture(params=[LocalStorage])
def storage(request: pytest.FixtureRequest, root: Path) -> Storage:
    return request.param(root)


async def one(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def keys(storage: Storage, folder: str = FOLDER) -> list[str]:
    return sorted([key async for key in storage.keys(folder)])


async def test_an_empty_storage_has_no_keys(storage: Storage) -> None:
    assert await keys(storage) == []


async def test_what_was_saved_is_listed_once(storage: Storage, root: Path) -> None:
    await storage.save(f"{FOLDER}/{NAMES[0]}", one(b"x"))
    for name in NAMES[1:]:
        (root / FOLDER / name).touch()

    assert await keys(storage) == sorted(f"{FOLDER}/{name}" for name in NAMES)


async def test_only_the_files_of_the_folder_itself_are_listed(storage: Storage) -> None:
    for key in (f"{FOLDER}/a.mp4", f"{FOLDER}/deeper/b.mp4", "others/c.mp4", "d.mp4"):
        await storage.save(key, one(b"x"))

    assert await keys(storage) == [f"{FOLDER}/a.mp4"]


async def test_files_may_be_deleted_while_they_are_listed(storage: Storage, root: Path) -> None:
    await storage.save(f"{FOLDER}/{NAMES[0]}", one(b"x"))
    for name in NAMES[1:]:
        (root / FOLDER / name).touch()

    async for key in storage.keys(FOLDER):
        await storage.delete(key)

    assert await keys(storage) == []


async def test_a_save_under_way_is_not_listed_and_tidying_ends_what_it_left(
    storage: Storage, root: Path
) -> None:
    await storage.save(f"{FOLDER}/a.mp4", one(b"x"))
    begun, ended = asyncio.Event(), asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        yield b"x"
        begun.set()
        await ended.wait()

    saving = asyncio.create_task(storage.save(f"{FOLDER}/b.mp4", chunks()))
    await begun.wait()
    assert await keys(storage) == [f"{FOLDER}/a.mp4"]

    tidied = await storage.tidy(FOLDER)

    assert tidied == 1
    assert [path.name for path in (root / FOLDER).iterdir()] == ["a.mp4"]
    saving.cancel()
    await asyncio.gather(saving, return_exceptions=True)


async def test_tidying_leaves_what_is_not_ours(storage: Storage, root: Path) -> None:
    await storage.save(f"{FOLDER}/a.mp4", one(b"x"))
    strangers = [".hidden", ".a.mp4.part", ".a.mp4.0123456789abcdef.part", "a.part", "with space"]
    for name in strangers:
        (root / FOLDER / name).touch()

    assert await storage.tidy(FOLDER) == 0
    assert sorted(path.name for path in (root / FOLDER).iterdir()) == sorted([*strangers, "a.mp4"])


async def test_tidying_removes_the_folder_when_nothing_is_in_it(
    storage: Storage, root: Path
) -> None:
    await storage.save(f"{FOLDER}/a.mp4", one(b"x"))
    await storage.delete(f"{FOLDER}/a.mp4")

    assert await storage.tidy(FOLDER) == 0
    assert await storage.tidy(FOLDER) == 0
    assert list(root.iterdir()) == []


async def test_a_folder_on_another_disk_is_cleared_and_its_link_stays(
    storage: Storage, root: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    root.mkdir()
    (root / FOLDER).symlink_to(elsewhere)
    await storage.save(f"{FOLDER}/a.mp4", one(b"x"))

    assert await keys(storage) == [f"{FOLDER}/a.mp4"]
    await storage.delete(f"{FOLDER}/a.mp4")
    await storage.tidy(FOLDER)
    assert ((root / FOLDER).is_symlink(), list(elsewhere.iterdir())) == (True, [])


async def test_a_storage_that_cannot_be_read_is_an_error(storage: Storage, root: Path) -> None:
    root.symlink_to(root)

    with pytest.raises(StorageError, match="Too many levels"):
        await keys(storage)
    with pytest.raises(StorageError, match="Too many levels"):
        await storage.tidy(FOLDER)
    with pytest.raises(StorageError, match="Too many levels"):
        await storage.delete(f"{FOLDER}/a.mp4")
