"""Videos and results in a folder of this machine."""

import asyncio
import errno
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterable, AsyncIterator, Coroutine, Generator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiofiles
import aiofiles.os

from service.errors import FileMissing, StorageError, StorageFull
from service.storage.base import CHUNK_BYTES, StoredFile, too_many_files_mapped

# A name that starts with a dot belongs to a file still being written: no key can ask for it.
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_PART = re.compile(r"\.[A-Za-z0-9_-][A-Za-z0-9._-]*\.[0-9a-f]{32}\.part")
_NAMES_AT_ONCE = 1000
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES})

# Held twice for every file that is being written: a block comes while the one before is written.
GATHER_BYTES = 256 * 1024


class LocalStorage:
    """Keeps files below one folder, which is made when the first file is saved."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def save(self, key: str, chunks: AsyncIterable[bytes]) -> StoredFile:
        """Write, make durable, then show under the key; see StorageService.save."""
        async with _open_part(self._path(key)) as part:
            async for chunk in chunks:
                await part.append(chunk)
            size, sha256 = await part.show()
        return StoredFile(key, size, sha256)

    async def load(self, key: str) -> AsyncIterator[bytes]:
        """The file in chunks; one that is replaced meanwhile is read to its own end."""
        path = self._path(key)
        with _missing_mapped(key):
            async with aiofiles.open(path, "rb") as file:
                while chunk := await file.read(CHUNK_BYTES):
                    yield chunk

    async def delete(self, key: str) -> None:
        """Remove a file for good; one that is not there is no error."""
        with _refusals_mapped(key), too_many_files_mapped():
            await asyncio.to_thread(_remove, self._path(key))

    async def keys(self, folder: str) -> AsyncIterator[str]:
        """See StorageSweep.keys."""
        with closing(_names_in(self._path(folder))) as names, _refusals_mapped(folder):
            while some := await asyncio.to_thread(lambda: list(islice(names, _NAMES_AT_ONCE))):
                for key in (f"{folder}/{name}" for name in some):
                    if _KEY.fullmatch(key):
                        yield key

    async def tidy(self, folder: str) -> int:
        """See StorageSweep.tidy."""
        with _refusals_mapped(folder):
            return await asyncio.to_thread(_tidy, self._path(folder))

    async def publish(self, key: str, public_key: str) -> None:
        """Show the file under a second key by a hard link, which takes no room."""
        with _missing_mapped(key), _no_room_mapped(public_key):
            await asyncio.to_thread(_link, self._path(key), self._path(public_key))

    @asynccontextmanager
    async def local_file(self, key: str) -> AsyncIterator[Path]:
        """The file itself."""
        path = self._path(key)
        with _missing_mapped(key):
            await aiofiles.os.stat(path)
        yield path

    async def free_bytes(self) -> int:
        """See StorageRoom.free_bytes."""
        return await asyncio.to_thread(_free_bytes, self._root)

    def _path(self, key: str) -> Path:
        """The one place where root and key meet: rows and callers only ever hold keys."""
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a storage key: {key!r}")
        return self._root / key


def _free_bytes(folder: Path) -> int:
    # The folder is made with its first file.
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(there).free


@asynccontextmanager
async def _open_part(target: Path) -> AsyncIterator["_Part"]:
    part = _Part(target)
    try:
        await part.open()
        yield part
    except BaseException:
        # Shielded: a second cancellation must not leave behind what the first one came to end.
        await asyncio.shield(asyncio.ensure_future(part.discard()))
        raise


class _Part:
    """A file that nobody sees before it is whole and durable."""

    def __init__(self, target: Path) -> None:
        self._size = 0
        self._target = target
        self._path = target.with_name(f".{target.name}.{uuid4().hex}.part")
        self._file: Any = None
        self._shown = False
        self._hash = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._under_way: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._begin(self._open())
        await self._begun()

    async def append(self, chunk: bytes) -> None:
        """Small chunks are gathered first: each write costs a hop to a thread, about 0.1 ms."""
        self._waiting.append(chunk)
        self._waiting_bytes += len(chunk)
        if self._waiting_bytes >= GATHER_BYTES:
            await self._begun()
            self._begin(self._write_waiting())

    async def show(self) -> tuple[int, str]:
        """Size in bytes, and SHA-256 in hex, of what is now durable."""
        await self._begun()
        self._begin(self._show())
        await self._begun()
        return self._size, self._hash.hexdigest()

    async def discard(self) -> None:
        if self._under_way is not None:
            # What it raised nobody asks for any more.
            await asyncio.gather(self._under_way, return_exceptions=True)
        if self._file is not None:
            # What it still buffers may find no room, and is not wanted any more.
            with suppress(OSError):
                await self._file.close()
        await asyncio.to_thread(self._unlink)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._under_way = asyncio.create_task(work)

    async def _begun(self) -> None:
        """Wait until what was begun last is done; raises what it raised."""
        if self._under_way is None:
            return
        # A thread cannot be called back. When we are cancelled it goes on, and discard waits for
        # it, or it would make the file after the cleaning up.
        with _no_room_mapped(self._target.name):
            await asyncio.shield(self._under_way)

    async def _open(self) -> None:
        try:
            self._file = await aiofiles.open(self._path, "xb")
        except FileNotFoundError:
            await asyncio.to_thread(_make_folder, self._target.parent)
            self._file = await aiofiles.open(self._path, "xb")

    async def _write_waiting(self) -> None:
        blocks, self._waiting = self._waiting, []
        self._size += self._waiting_bytes
        self._waiting_bytes = 0
        await asyncio.gather(self._file.writelines(blocks), asyncio.to_thread(self._digest, blocks))

    def _digest(self, blocks: list[bytes]) -> None:
        for block in blocks:
            self._hash.update(block)

    async def _show(self) -> None:
        if self._waiting:
            await self._write_waiting()
        await self._file.flush()
        await asyncio.to_thread(self._rename, self._file.fileno())
        await self._file.close()

    def _rename(self, descriptor: int) -> None:
        os.fsync(descriptor)
        self._path.rename(self._target)
        self._shown = True
        _fsync(self._target.parent)

    def _unlink(self) -> None:
        self._path.unlink(missing_ok=True)
        if self._shown:
            # Cancelled at the last moment: the caller learns of no file, so none may stay.
            self._target.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _fsync(folder.parent)


def _link(path: Path, public: Path) -> None:
    _make_folder(public.parent)
    link = public.with_name(f".{public.name}.{uuid4().hex}.part")
    try:
        link.hardlink_to(path)
        link.rename(public)
    finally:
        # rename(2) leaves both names alone when they are already the same file.
        link.unlink(missing_ok=True)
    _fsync(public.parent)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return
    _fsync(path.parent)


def _names_in(folder: Path) -> Generator[str, None, None]:
    """The names of all that is no folder."""
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries if not entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return


def _tidy(folder: Path) -> int:
    parts = [name for name in _names_in(folder) if _PART.fullmatch(name)]
    for name in parts:
        _remove(folder / name)
    # One that holds something, or is a link or a mount, stays.
    with suppress(OSError):
        folder.rmdir()
    return len(parts)


def _fsync(folder: Path) -> None:
    """A name is durable only when the folder that holds it is (fsync(2), notes)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _missing_mapped(key: str) -> Iterator[None]:
    try:
        with too_many_files_mapped():
            yield
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise FileMissing(key) from error


@contextmanager
def _refusals_mapped(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{name}: {error.strerror}") from error


@contextmanager
def _no_room_mapped(name: str) -> Iterator[None]:
    try:
        with too_many_files_mapped():
            yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise StorageFull(f"{name} cannot be written: {error.strerror}") from error
