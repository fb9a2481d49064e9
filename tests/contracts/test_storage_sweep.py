"""One suite for whatever clears a storage out."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from service.errors import StorageError
from service.storage.base import CHUNK_BYTES, Storage
from tests.contracts.stores import Store
from tests.waiting import until

FOLDER = "video_jobs"
# Larger than what a storage gathers before it begins to write.
LARGE = bytes(16 * CHUNK_BYTES)


async def one(content: bytes) -> AsyncIterator[bytes]:
    yield content


def many_names(store: Store) -> list[str]:
    """Keys of more files than a listing brings at once."""
    names = [f"{FOLDER}/{number}.mp4" for number in range(store.many)]
    for name in names:
        store.put(name)
    return names


async def keys(storage: Storage, folder: str = FOLDER) -> list[str]:
    return sorted([key async for key in storage.keys(folder)])


async def test_an_empty_storage_has_no_keys(storage: Storage) -> None:
    assert await keys(storage) == []


async def test_what_was_saved_is_listed_once(store: Store) -> None:
    await store.storage.save(f"{FOLDER}/a.mp4", one(b"x"))
    names = many_names(store)

    assert await keys(store.storage) == sorted([*names, f"{FOLDER}/a.mp4"])


async def test_only_the_files_of_the_folder_itself_are_listed(storage: Storage) -> None:
    for key in (f"{FOLDER}/a.mp4", f"{FOLDER}/deeper/b.mp4", "others/c.mp4", "d.mp4"):
        await storage.save(key, one(b"x"))

    assert await keys(storage) == [f"{FOLDER}/a.mp4"]


async def test_files_may_be_deleted_while_they_are_listed(store: Store) -> None:
    many_names(store)

    async for key in store.storage.keys(FOLDER):
        await store.storage.delete(key)

    assert await keys(store.storage) == []


async def test_a_save_under_way_is_not_listed_and_tidying_ends_what_it_left(store: Store) -> None:
    storage = store.storage
    await storage.save(f"{FOLDER}/a.mp4", one(b"x"))

    async def chunks() -> AsyncIterator[bytes]:
        yield LARGE
        await asyncio.Event().wait()

    saving = asyncio.create_task(storage.save(f"{FOLDER}/b.mp4", chunks()))
    await until(lambda: len(store.names()) == 2)
    assert await keys(storage) == [f"{FOLDER}/a.mp4"]

    tidied = await storage.tidy(FOLDER)

    assert tidied == 1
    assert store.names() == [f"{FOLDER}/a.mp4"]
    saving.cancel()
    await asyncio.gather(saving, return_exceptions=True)


async def test_tidying_leaves_what_is_not_ours(store: Store) -> None:
    await store.storage.save(f"{FOLDER}/a.mp4", one(b"x"))
    strangers = [".hidden", ".a.mp4.part", ".a.mp4.0123456789abcdef.part", "a.part", "with space"]
    for name in strangers:
        store.put(f"{FOLDER}/{name}")

    assert await store.storage.tidy(FOLDER) == 0
    assert store.names() == sorted(f"{FOLDER}/{name}" for name in [*strangers, "a.mp4"])


async def test_a_storage_that_cannot_be_read_is_an_error(store: Store) -> None:
    storage, reason = store.storage, "Too many levels|it knows no such access key"

    with store.away():
        with pytest.raises(StorageError, match=reason):
            await keys(storage)
        with pytest.raises(StorageError, match=reason):
            await storage.tidy(FOLDER)
        with pytest.raises(StorageError, match=reason):
            await storage.delete(f"{FOLDER}/a.mp4")


async def untouched(storage: Storage, *, seconds: float) -> list[tuple[str, bool]]:
    found = storage.untouched(FOLDER, seconds=seconds)
    return sorted([(file.key, file.is_part) async for file in found])


async def test_what_was_touched_just_now_is_not_untouched(storage: Storage) -> None:
    assert await untouched(storage, seconds=0) == []
    await storage.save(f"{FOLDER}/a.mp4", one(b"x"))

    assert await untouched(storage, seconds=60) == []
    assert await untouched(storage, seconds=0) == [(f"{FOLDER}/a.mp4", False)]


async def test_a_part_is_known_by_the_key_it_was_being_saved_under(store: Store) -> None:
    store.cut_off(f"{FOLDER}/b.mp4")
    store.put(f"{FOLDER}/.hidden")

    assert await untouched(store.storage, seconds=0) == [(f"{FOLDER}/b.mp4", True)]


async def test_what_is_untouched_is_deleted_and_what_was_saved_again_since_stays(
    store: Store,
) -> None:
    storage = store.storage
    for name in ("a.mp4", "b.mp4"):
        await storage.save(f"{FOLDER}/{name}", one(b"x"))
    store.cut_off(f"{FOLDER}/c.mp4")
    found = [file async for file in storage.untouched(FOLDER, seconds=0)]
    await storage.save(f"{FOLDER}/b.mp4", one(b"y"))

    assert await storage.delete_untouched(FOLDER, found) == 2
    assert await storage.delete_untouched(FOLDER, found) == 0
    assert store.names() == [f"{FOLDER}/b.mp4"]


async def test_what_is_published_while_its_file_is_deleted_stays(storage: Storage) -> None:
    await storage.save(f"{FOLDER}/a.json", one(b"x"))
    found = [file async for file in storage.untouched(FOLDER, seconds=0)]
    await storage.publish(f"{FOLDER}/a.json", f"{FOLDER}/b.json")

    await storage.delete_untouched(FOLDER, found)

    assert b"".join([chunk async for chunk in storage.load(f"{FOLDER}/b.json")]) == b"x"


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
