"""What clearing out a folder has of its own: links, other disks, folders left empty, threads."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from service.storage import local
from service.storage.local import LocalStorage

FOLDER = "video_jobs"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.fixture
def storage(root: Path) -> LocalStorage:
    return LocalStorage(root)


async def of(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def keys(storage: LocalStorage) -> list[str]:
    return sorted([key async for key in storage.keys(FOLDER)])


async def test_tidying_removes_the_folder_when_nothing_is_in_it(
    storage: LocalStorage, root: Path
) -> None:
    await storage.save(f"{FOLDER}/a.mp4", of(b"x"))
    await storage.delete(f"{FOLDER}/a.mp4")

    assert await storage.tidy(FOLDER) == 0
    assert await storage.tidy(FOLDER) == 0
    assert list(root.iterdir()) == []


async def test_a_folder_on_another_disk_is_cleared_and_its_link_stays(
    storage: LocalStorage, root: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    root.mkdir()
    (root / FOLDER).symlink_to(elsewhere)
    await storage.save(f"{FOLDER}/a.mp4", of(b"x"))

    assert await keys(storage) == [f"{FOLDER}/a.mp4"]
    await storage.delete(f"{FOLDER}/a.mp4")
    await storage.tidy(FOLDER)
    assert ((root / FOLDER).is_symlink(), list(elsewhere.iterdir())) == (True, [])


async def test_a_search_for_what_is_untouched_can_be_cancelled(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await storage.save(f"{FOLDER}/a.mp4", of(b"x"))
    entered, left = threading.Event(), threading.Event()

    def wait() -> float:
        entered.set()
        left.wait()
        return 0.0

    async def search() -> None:
        async for _ in storage.untouched(FOLDER, seconds=0):
            pass

    monkeypatch.setattr(local, "time", SimpleNamespace(time=wait))
    searching = asyncio.create_task(search())
    await asyncio.to_thread(entered.wait)
    searching.cancel()
    await asyncio.wait({searching})
    left.set()

    assert searching.cancelled()


async def test_a_link_made_to_a_file_touches_it(storage: LocalStorage) -> None:
    for name in ("a.mp4", "b.mp4"):
        await storage.save(f"{FOLDER}/{name}", of(b"x"))
    found = [file async for file in storage.untouched(FOLDER, seconds=0)]
    await storage.publish(f"{FOLDER}/b.mp4", f"{FOLDER}/c.mp4")

    assert await storage.delete_untouched(FOLDER, found) == 1
    assert await storage.delete_untouched(FOLDER, found) == 0
    assert await keys(storage) == [f"{FOLDER}/b.mp4", f"{FOLDER}/c.mp4"]
