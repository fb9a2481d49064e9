import asyncio
import errno
import os
import resource
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from service.errors import StorageFull, StorageUnavailable, TooManyFiles
from service.storage import part
from service.storage.local import LocalStorage
from tests.exhausted import no_descriptor_left
from tests.waiting import until

KEY = "video_jobs/a.mp4"
MEGABYTE = 1024 * 1024
NOBODY = 65534


@pytest.fixture
def folder_with_room_for_a_megabyte(tmp_path: Path) -> Iterator[Path]:
    """A full disk where we may mount one, else the limit a process can set itself."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    if os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0:
        yield tmp_path
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MEGABYTE, before[1]))
    yield tmp_path
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def folder_we_may_only_read() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        user = os.geteuid()
        if user == 0:
            os.seteuid(NOBODY)
        yield folder
        os.seteuid(user)


async def test_a_key_is_joined_to_the_root_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first attempt put its base directory in front twice: completed jobs answered 404."""
    monkeypatch.chdir(tmp_path)
    storage = LocalStorage(Path("data/storage"))

    stored = await storage.save(KEY, of(b"video"))

    assert stored.key == KEY
    assert (tmp_path / "data/storage/video_jobs/a.mp4").read_bytes() == b"video"
    assert b"".join([chunk async for chunk in storage.load(stored.key)]) == b"video"
    async with storage.local_file(stored.key) as path:
        assert path == Path("data/storage/video_jobs/a.mp4")


async def test_a_path_cannot_be_taken_for_a_key(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    await storage.save(KEY, of(b"video"))

    with pytest.raises(ValueError, match="not a storage key"):
        await storage.delete(str(tmp_path / KEY))


async def test_a_full_disk_is_said_and_leaves_nothing(
    folder_with_room_for_a_megabyte: Path,
) -> None:
    storage = LocalStorage(folder_with_room_for_a_megabyte)

    with pytest.raises(StorageFull, match=r"a\.mp4 cannot be written: "):
        await storage.save(KEY, of(*[bytes(MEGABYTE // 2)] * 6))

    assert files_in(folder_with_room_for_a_megabyte) == []
    assert (await storage.save(KEY, of(b"small"))).size == 5


async def test_a_folder_we_may_not_write_is_said(folder_we_may_only_read: Path) -> None:
    """Also the one way a read-only results folder shows itself."""
    storage = LocalStorage(folder_we_may_only_read)

    with pytest.raises(StorageFull, match="Permission denied"):
        await storage.save(KEY, of(b"video"))


@pytest.mark.parametrize("number", [errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT])
async def test_a_file_server_that_is_away_is_unavailable_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    storage = LocalStorage(tmp_path)
    await storage.save(KEY, of(b"video"))

    def away(*_arguments: object, **_options: object) -> None:
        raise OSError(number, os.strerror(number))

    async def away_later(*_arguments: object) -> None:
        away()

    with monkeypatch.context() as patched:
        for name in ("aiofiles.threadpool.sync_open", "pathlib.Path.open", "os.link"):
            patched.setattr(name, away)
        patched.setattr("aiofiles.os.stat", away_later)
        for call in (
            storage.save("video_jobs/b.mp4", of(b"other")),
            anext(storage.load(KEY)),
            storage.publish(KEY, "video_jobs/b.mp4"),
            storage.local_file(KEY).__aenter__(),
            storage.open_file(KEY).__aenter__(),
        ):
            with pytest.raises(StorageUnavailable, match=os.strerror(number)):
                await call
    assert b"".join([chunk async for chunk in storage.load(KEY)]) == b"video"


async def test_a_file_that_nobody_may_read_is_not_said_to_be_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = LocalStorage(tmp_path)
    await storage.save(KEY, of(b"video"))

    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(PermissionError):
        async with storage.open_file(KEY):
            pass


async def test_a_process_that_may_open_no_more_files_says_so(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    await storage.save(KEY, of(b"video"))

    with no_descriptor_left():
        with pytest.raises(TooManyFiles):
            await storage.save("video_jobs/b.mp4", of(b"video"))
        with pytest.raises(TooManyFiles):
            await anext(storage.load(KEY))
        with pytest.raises(TooManyFiles):
            await storage.publish(KEY, "video_jobs/c.mp4")


async def test_what_is_gathered_for_one_write_is_little(tmp_path: Path) -> None:
    """A hundred uploads held a megabyte each, and two while it was joined."""
    chunk, written = bytes(64 * 1024), []

    async def chunks() -> AsyncIterator[bytes]:
        for number in range(64):
            yield chunk
            (part,) = tmp_path.rglob("*.part")
            written.append((number + 1) * len(chunk) - part.stat().st_size)

    await LocalStorage(tmp_path).save(KEY, chunks())

    # One block is gathered while the one before may still be on its way.
    assert max(written) <= 2 * 256 * 1024


async def test_a_large_file_goes_to_the_disk_while_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last fsync of 1 GB took half a second in which nothing else was done."""
    monkeypatch.setattr("service.storage.part.SYNC_BYTES", MEGABYTE)
    synced = record_fsync(monkeypatch, watched=tmp_path / KEY)

    await LocalStorage(tmp_path).save(KEY, of(*[bytes(MEGABYTE)] * 8))

    of_the_part = [shown for path, shown in synced if path.suffix == ".part"]
    assert of_the_part == [False] * 9


async def test_a_file_that_grows_slowly_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the janitor would take it for one that a killed process has left."""
    monkeypatch.setattr(part, "WRITTEN_WITHIN_SECONDS", 0.0)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"one"
        # The one before is written when the next one has been.
        yield b"two"
        yield b"three"
        (file,) = (tmp_path / "video_jobs").iterdir()
        assert file.read_bytes().startswith(b"onetwo")

    await LocalStorage(tmp_path).save(KEY, chunks())


async def test_an_error_of_the_disk_that_an_early_fsync_is_told_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel tells it once: the last fsync would say that all is well."""
    monkeypatch.setattr("service.storage.part.SYNC_BYTES", MEGABYTE)
    await LocalStorage(tmp_path).save(KEY, of(b"video"))
    fsync, told = os.fsync, list[int]()

    def failing_once(descriptor: int) -> None:
        if not told:
            told.append(descriptor)
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", failing_once)

    with pytest.raises(StorageFull):
        await LocalStorage(tmp_path).save("video_jobs/b.mp4", of(bytes(MEGABYTE)))

    assert files_in(tmp_path) == [tmp_path / KEY]


async def test_an_error_of_the_chunks_is_not_taken_for_one_of_the_disk(tmp_path: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"video"
        raise PermissionError(13, "somebody else's")

    with pytest.raises(PermissionError):
        await LocalStorage(tmp_path).save(KEY, chunks())


async def test_content_is_durable_before_its_name_and_the_name_before_the_response(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P1: what survives a power cut is what fsync was asked for, in this order."""
    root = tmp_path / "storage"
    synced = record_fsync(monkeypatch, watched=root / KEY)

    await LocalStorage(root).save(KEY, of(b"video"))

    folders = [(tmp_path, False), (root, False)]
    assert synced[:2] == folders
    part, after = synced[2:]
    assert (part[0].parent, part[0].suffix, part[1]) == (root / "video_jobs", ".part", False)
    assert after == (root / "video_jobs", True)


async def test_a_published_name_is_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage, public_key = LocalStorage(tmp_path), "video_jobs/a_results.json"
    await storage.save(KEY, of(b"video"))
    synced = record_fsync(monkeypatch, watched=tmp_path / public_key)

    await storage.publish(KEY, public_key)

    assert synced == [(tmp_path / "video_jobs", True)]


async def test_nobody_else_may_read_what_the_umask_forbids(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        await LocalStorage(tmp_path / "storage").save(KEY, of(b"video"))
    finally:
        os.umask(before)

    made = [tmp_path / "storage", tmp_path / "storage/video_jobs", tmp_path / "storage" / KEY]
    assert [path.stat().st_mode & 0o077 for path in made] == [0, 0, 0]


async def of(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def record_fsync(monkeypatch: pytest.MonkeyPatch, *, watched: Path) -> list[tuple[Path, bool]]:
    """Each path given to fsync, and whether the watched file could be seen by then."""
    synced: list[tuple[Path, bool]] = []
    fsync = os.fsync

    def recording(descriptor: int) -> None:
        fsync(descriptor)
        synced.append((Path(f"/proc/self/fd/{descriptor}").readlink(), watched.exists()))

    monkeypatch.setattr(os, "fsync", recording)
    return synced


@pytest.mark.parametrize("listing", ["keys", "untouched"])
async def test_a_listing_that_is_cancelled_leaves_no_folder_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listing: str
) -> None:
    """Also while a thread is in it: neither an error of its own, nor a descriptor that stays."""
    reading, let = threading.Event(), threading.Event()
    closed = threading.Event()

    class Entries:
        """A folder on a disk that hangs."""

        def __init__(self, folder: Path) -> None:
            self._name = (folder / "a").name

        def __enter__(self) -> "Entries":
            return self

        def __exit__(self, *_: object) -> None:
            closed.set()

        def __iter__(self) -> Iterator[os.DirEntry[str]]:
            reading.set()
            let.wait(30)
            return iter(())

    monkeypatch.setattr("os.scandir", Entries)
    storage = LocalStorage(tmp_path)

    async def list_all() -> None:
        found = (
            storage.keys("video_jobs")
            if listing == "keys"
            else storage.untouched("video_jobs", seconds=0)
        )
        async for _ in found:
            pass

    task = asyncio.create_task(list_all())
    await until(reading.is_set)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    let.set()

    await until(closed.is_set)


async def test_a_listing_that_is_left_is_closed(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    (tmp_path / "video_jobs").mkdir()
    for number in range(3000):
        (tmp_path / "video_jobs" / f"{number}.mp4").touch()
    before = len(list(Path("/proc/self/fd").iterdir()))
    async with aclosing(storage.keys("video_jobs")) as keys:
        async for _ in keys:
            break

    await until(lambda: len(list(Path("/proc/self/fd").iterdir())) <= before)
