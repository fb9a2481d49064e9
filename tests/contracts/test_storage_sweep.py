"""One suite for whatever clears a storage out."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from service.errors import StorageError
from service.storage import local
from service.storage.base import Storage
from service.storage.local import LocalStorage

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


async def untouched(storage: Storage, *, seconds: float) -> list[tuple[str, bool]]:
    found = storage.untouched(FOLDER, seconds=seconds)
    return sorted([(file.key, file.is_part) async for file in found])


async def test_what_was_touched_just_now_is_not_untouched(storage: Storage) -> None:
    assert await untouched(storage, seconds=0) == []
    await storage.save(f"{FOLDER}/a.mp4", one(b"x"))

    assert await untouched(storage, seconds=60) == []
    assert await untouched(storage, seconds=0) == [(f"{FOLDER}/a.mp4", False)]


async def test_a_part_is_known_by_the_key_it_was_being_saved_under(
    storage: Storage, root: Path
) -> None:
    (root / FOLDER).mkdir(parents=True)
    (root / FOLDER / f".b.mp4.{'0' * 32}.part").touch()
    (root / FOLDER / ".hidden").touch()

    assert await untouched(storage, seconds=0) == [(f"{FOLDER}/b.mp4", True)]


async def test_an_untouched_file_is_deleted_and_one_that_was_touched_since_stays(
    storage: Storage, root: Path
) -> None:
    for name in ("a.mp4", "b.mp4"):
        await storage.save(f"{FOLDER}/{name}", one(b"x"))
    found = [file async for file in storage.untouched(FOLDER, seconds=0)]
    await storage.publish(f"{FOLDER}/b.mp4", f"{FOLDER}/c.mp4")

    assert await storage.delete_untouched(FOLDER, found) == 1
    assert await storage.delete_untouched(FOLDER, found) == 0
    assert await keys(storage) == [f"{FOLDER}/b.mp4", f"{FOLDER}/c.mp4"]


async def test_a_search_for_what_is_untouched_can_be_cancelled(
    storage: Storage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await storage.save(f"{FOLDER}/a.mp4", one(b"x"))
    entered, left = threading.Event(), threading.Event()

    def wait() -> float:
        entered.set()
        left.wait()
        return 0.0

    monkeypatch.setattr(local, "time", SimpleNamespace(time=wait))
    searching = asyncio.create_task(untouched(storage, seconds=0))
    await asyncio.to_thread(entered.wait)
    searching.cancel()
    await asyncio.wait({searching})
    left.set()

    assert searching.cancelled()


async def test_two_names_of_one_file_are_deleted_together(storage: Storage) -> None:
    await storage.save(f"{FOLDER}/a.json", one(b"x"))
    await storage.publish(f"{FOLDER}/a.json", f"{FOLDER}/b.json")
    found = [file async for file in storage.untouched(FOLDER, seconds=0)]

    assert await storage.delete_untouched(FOLDER, found) == 2
    assert await keys(storage) == []


async def test_a_file_servers_clock_judges_its_own_files(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours an hour ahead of it makes nothing an hour old."""
    await storage.save(f"{FOLDER}/a.mp4", one(b"x"))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3600)

    assert await untouched(storage, seconds=1800) == []
