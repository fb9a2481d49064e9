"""One suite for every storage."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from itertools import pairwise
from uuid import UUID

import pytest

from service.errors import FileMissing
from service.jobs.model import results_key, source_key
from service.storage.base import CHUNK_BYTES, Storage
from tests.contracts.stores import Store

JOB_ID = UUID("5f0c8f9e-3c43-4a55-9d4b-0a6a3f6f2d11")
KEY, PUBLIC_KEY = source_key(JOB_ID), results_key(JOB_ID)
LARGE = bytes(range(256)) * (3 * CHUNK_BYTES // 256) + b"the end"


@pytest.mark.parametrize("content", [b"", b"x", LARGE], ids=["empty", "a byte", "megabytes"])
async def test_what_is_saved_is_loaded(storage: Storage, content: bytes) -> None:
    """STO-1."""
    stored = await storage.save(KEY, one_by_one([content]))

    assert await loaded(storage) == content
    assert (stored.key, stored.size) == (KEY, len(content))
    assert stored.sha256 == hashlib.sha256(content).hexdigest()


async def test_chunks_of_any_size_come_together_in_order(storage: Storage) -> None:
    cuts = [0, 1, 1, 4096, CHUNK_BYTES - 1, 2 * CHUNK_BYTES + 5, len(LARGE)]
    chunks = [LARGE[start:end] for start, end in pairwise(cuts)]

    stored = await storage.save(KEY, one_by_one(chunks))

    assert await loaded(storage) == LARGE
    assert stored.sha256 == hashlib.sha256(LARGE).hexdigest()


async def test_a_file_is_loaded_in_bounded_chunks(storage: Storage) -> None:
    await storage.save(KEY, one_by_one([LARGE]))

    sizes = [len(chunk) async for chunk in storage.load(KEY)]

    assert max(sizes) <= CHUNK_BYTES


async def test_a_second_save_replaces_the_first(store: Store) -> None:
    await store.storage.save(KEY, one_by_one([LARGE]))

    await store.storage.save(KEY, one_by_one([b"new"]))

    assert await loaded(store.storage) == b"new"
    assert store.names() == [KEY]


async def test_nothing_is_seen_of_a_file_before_it_is_whole(storage: Storage) -> None:
    """P6."""
    seen: list[str] = []

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(LARGE), CHUNK_BYTES):
            yield LARGE[start : start + CHUNK_BYTES]
            with pytest.raises(FileMissing):
                await loaded(storage)
            seen.append("nothing")

    await storage.save(KEY, chunks())

    assert len(seen) > 2
    assert await loaded(storage) == LARGE


async def test_a_reader_gets_one_whole_version_while_the_file_is_replaced(
    storage: Storage,
) -> None:
    """P6."""
    versions = [bytes([number]) * (2 * CHUNK_BYTES + number) for number in range(8)]
    await storage.save(KEY, one_by_one([versions[0]]))
    read = []

    async def replace_all() -> None:
        for version in versions:
            await storage.save(KEY, one_by_one([version]))

    replacing = asyncio.create_task(replace_all())
    while not replacing.done():
        read.append(await loaded(storage))
    await replacing

    assert read
    assert set(read) <= set(versions)


async def test_nothing_is_left_when_the_chunks_fail(store: Store) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield LARGE
        raise ConnectionResetError("the client went away")

    with pytest.raises(ConnectionResetError):
        await store.storage.save(KEY, chunks())

    assert store.names() == []


async def test_what_was_there_stays_when_the_chunks_fail(store: Store) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield LARGE
        raise ConnectionResetError("the client went away")

    await store.storage.save(KEY, one_by_one([b"old"]))
    with pytest.raises(ConnectionResetError):
        await store.storage.save(KEY, chunks())

    assert await loaded(store.storage) == b"old"
    assert store.names() == [KEY]


async def test_nothing_is_left_when_a_save_is_cancelled_between_chunks(store: Store) -> None:
    waiting = asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        yield LARGE
        waiting.set()
        await asyncio.Event().wait()

    saving = asyncio.create_task(store.storage.save(KEY, chunks()))
    await waiting.wait()
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving

    assert store.names() == []


@pytest.mark.parametrize("times_cancelled", [1, 2])
async def test_a_save_cancelled_at_any_moment_is_whole_or_leaves_nothing(
    store: Store, times_cancelled: int
) -> None:
    """Also while a thread works: it cannot be called back, and must not leave its file."""
    loop, outcomes = asyncio.get_running_loop(), set()
    number, apart = store.moments
    for step in range(number):
        saving = asyncio.create_task(store.storage.save(KEY, one_by_one([LARGE] * 2)))
        for again in range(times_cancelled):
            loop.call_later(step * apart + again * 0.0005, saving.cancel)
        (outcome,) = await asyncio.gather(saving, return_exceptions=True)
        await everything_else()
        assert store.names() == ([] if isinstance(outcome, asyncio.CancelledError) else [KEY])
        outcomes.add(type(outcome))
        await store.storage.delete(KEY)

    assert asyncio.CancelledError in outcomes


async def test_savers_of_one_file_at_once_leave_one_whole_version(store: Store) -> None:
    versions = [bytes([number]) * (CHUNK_BYTES + number) for number in range(6)]

    await asyncio.gather(*(store.storage.save(KEY, one_by_one([one])) for one in versions))

    assert await loaded(store.storage) in versions
    assert store.names() == [KEY]


async def test_a_file_that_is_not_there_is_missing(storage: Storage) -> None:
    with pytest.raises(FileMissing):
        await loaded(storage)
    with pytest.raises(FileMissing):
        async with storage.local_file(KEY):
            pass
    with pytest.raises(FileMissing):
        async with storage.open_file(KEY):
            pass
    with pytest.raises(FileMissing):
        await storage.publish(KEY, PUBLIC_KEY)


async def test_a_deleted_file_is_gone_and_may_be_deleted_again(store: Store) -> None:
    await store.storage.save(KEY, one_by_one([b"x"]))

    await store.storage.delete(KEY)
    await store.storage.delete(KEY)

    assert store.names() == []
    with pytest.raises(FileMissing):
        await loaded(store.storage)


async def test_a_published_file_is_found_under_both_keys(store: Store) -> None:
    await store.storage.save(KEY, one_by_one([LARGE]))

    await store.storage.publish(KEY, PUBLIC_KEY)

    assert await loaded(store.storage, KEY) == await loaded(store.storage, PUBLIC_KEY) == LARGE
    assert store.names() == sorted([KEY, PUBLIC_KEY])


async def test_a_published_file_outlives_its_first_key(storage: Storage) -> None:
    await storage.save(KEY, one_by_one([b"x"]))
    await storage.publish(KEY, PUBLIC_KEY)

    await storage.delete(KEY)

    assert await loaded(storage, PUBLIC_KEY) == b"x"


async def test_publishing_replaces_what_was_there_and_may_be_repeated(store: Store) -> None:
    await store.storage.save(PUBLIC_KEY, one_by_one([b"old"]))
    await store.storage.save(KEY, one_by_one([b"new"]))

    await store.storage.publish(KEY, PUBLIC_KEY)
    await store.storage.publish(KEY, PUBLIC_KEY)

    assert await loaded(store.storage, PUBLIC_KEY) == b"new"
    assert store.names() == sorted([KEY, PUBLIC_KEY])


async def test_replacing_the_first_leaves_what_was_published(storage: Storage) -> None:
    await storage.save(KEY, one_by_one([b"old"]))
    await storage.publish(KEY, PUBLIC_KEY)

    await storage.save(KEY, one_by_one([b"new"]))

    assert await loaded(storage, PUBLIC_KEY) == b"old"


async def test_a_file_is_read_at_any_place(storage: Storage) -> None:
    await storage.save(KEY, one_by_one([LARGE]))

    async with storage.open_file(KEY) as file:
        content = file.content
        content.seek(CHUNK_BYTES - 2)
        middle, at = await asyncio.to_thread(content.read, 4), content.tell()
        content.seek(-7, os.SEEK_END)
        end = await asyncio.to_thread(content.read)
        content.seek(0)
        every = await asyncio.to_thread(content.read)

    assert (middle, at) == (LARGE[CHUNK_BYTES - 2 :][:4], CHUNK_BYTES + 2)
    assert (end, every, file.size) == (b"the end", LARGE, len(LARGE))


async def test_an_empty_file_can_be_opened(storage: Storage) -> None:
    await storage.save(KEY, one_by_one([]))

    async with storage.open_file(KEY) as file:
        assert (await asyncio.to_thread(file.content.read), file.size) == (b"", 0)


async def test_a_file_is_known_by_its_version_until_it_is_replaced(storage: Storage) -> None:
    versions = []
    for content in (b"old", None, b"new"):
        if content is not None:
            await storage.save(KEY, one_by_one([content]))
        async with storage.open_file(KEY) as file:
            versions.append(file.version())

    assert versions[0] == versions[1]
    assert versions[1].mark != versions[2].mark


async def test_other_programs_read_the_local_file(storage: Storage) -> None:
    await storage.save(KEY, one_by_one([LARGE]))

    async with storage.local_file(KEY) as path:
        content = await asyncio.to_thread(path.read_bytes)

    assert content == LARGE


@pytest.mark.parametrize(
    "key",
    [
        "",
        ".",
        "..",
        "../x",
        "video_jobs/../../x",
        "video_jobs/..",
        "/etc/passwd",
        "//etc/passwd",
        "video_jobs//x",
        "video_jobs/",
        "video_jobs/x\n",
        "video_jobs/x\0.mp4",
        "video_jobs\\..\\x",
        "~/x",
        "video_jobs/.x.mp4.part",
    ],
)
async def test_no_key_leads_out_of_the_storage(store: Store, key: str) -> None:
    storage = store.storage
    await storage.save(KEY, one_by_one([b"x"]))

    with pytest.raises(ValueError, match="not a storage key"):
        await storage.save(key, one_by_one([b"x"]))
    with pytest.raises(ValueError, match="not a storage key"):
        await loaded(storage, key)
    with pytest.raises(ValueError, match="not a storage key"):
        await storage.delete(key)
    with pytest.raises(ValueError, match="not a storage key"):
        await storage.publish(KEY, key)
    with pytest.raises(ValueError, match="not a storage key"):
        await storage.publish(key, PUBLIC_KEY)
    with pytest.raises(ValueError, match="not a storage key"):
        async with storage.local_file(key):
            pass
    with pytest.raises(ValueError, match="not a storage key"):
        async with storage.open_file(key):
            pass
    assert store.names() == [KEY]


async def one_by_one(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def loaded(storage: Storage, key: str = KEY) -> bytes:
    return await _joined(storage.load(key))


async def everything_else() -> None:
    """Wait for what a save that was cancelled twice still has to clean up."""
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)


async def _joined(chunks: AsyncIterable[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])
