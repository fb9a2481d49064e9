"""Videos and results in a folder of this machine."""

import asyncio
import os
import re
import shutil
import threading
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Generator,
    Iterator,
    Sequence,
)
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import aiofiles
import aiofiles.os

from service.errors import FileMissing, StorageError
from service.storage.base import (
    CHUNK_BYTES,
    OpenFile,
    StoredFile,
    Untouched,
    Version,
    is_key,
    require_key,
    system_errors_mapped,
)
from service.storage.part import fsync_folder, make_folder, no_room_mapped, open_part

_PART = re.compile(r"\.([A-Za-z0-9_-][A-Za-z0-9._-]*)\.[0-9a-f]{32}\.part")
_NAMES_AT_ONCE = 1000

T = TypeVar("T")


class LocalStorage:
    """Keeps files below one folder, which is made when the first file is saved."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def save(self, key: str, chunks: AsyncIterable[bytes]) -> StoredFile:
        """Write, make durable, then show under the key; see StorageService.save."""
        async with open_part(self._path(key)) as part:
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
        with _refusals_mapped(key):
            await asyncio.to_thread(_remove, self._path(key))

    async def keys(self, folder: str) -> AsyncIterator[str]:
        """See StorageSweep.keys."""
        with _refusals_mapped(folder):
            async with aclosing(_in_chunks(_names_in(self._path(folder)))) as chunks:
                async for names in chunks:
                    for key in (f"{folder}/{name}" for name in names):
                        if is_key(key):
                            yield key

    async def tidy(self, folder: str) -> int:
        """See StorageSweep.tidy."""
        with _refusals_mapped(folder):
            return await asyncio.to_thread(_tidy, self._path(folder))

    async def untouched(self, folder: str, *, seconds: float) -> AsyncIterator[Untouched]:
        """See StorageSweep.untouched."""
        with _refusals_mapped(folder):
            async with aclosing(_in_chunks(_untouched(self._path(folder), seconds))) as chunks:
                async for files in chunks:
                    for name, touched_at in files:
                        part = _PART.fullmatch(name)
                        key = f"{folder}/{part[1] if part else name}"
                        if is_key(key):
                            yield Untouched(key, name, touched_at, is_part=part is not None)

    async def delete_untouched(self, folder: str, files: Sequence[Untouched]) -> int:
        """See StorageSweep.delete_untouched."""
        with _refusals_mapped(folder):
            return await asyncio.to_thread(_remove_untouched, self._path(folder), files)

    async def publish(self, key: str, public_key: str) -> None:
        """Show the file under a second key by a hard link, which takes no room."""
        with _missing_mapped(key), no_room_mapped(public_key):
            await asyncio.to_thread(_link, self._path(key), self._path(public_key))

    @asynccontextmanager
    async def local_file(self, key: str) -> AsyncIterator[Path]:
        """The file itself."""
        path = self._path(key)
        with _missing_mapped(key):
            await aiofiles.os.stat(path)
        yield path

    @asynccontextmanager
    async def open_file(self, key: str) -> AsyncIterator[OpenFile]:
        """See StorageReading.open_file; one that is replaced meanwhile is read to its own end."""
        path = self._path(key)
        with _missing_mapped(key):
            content = await asyncio.to_thread(path.open, "rb")
        with content:
            size = os.fstat(content.fileno()).st_size
            yield OpenFile(content, size, lambda: _version(content))

    async def free_bytes(self) -> int:
        """See StorageRoom.free_bytes."""
        return await asyncio.to_thread(_free_bytes, self._root)

    def _path(self, key: str) -> Path:
        """The one place where root and key meet: rows and callers only ever hold keys."""
        require_key(key)
        return self._root / key


async def _in_chunks(items: Generator[T, None, None]) -> AsyncGenerator[list[T], None]:
    """The items, which threads make, a thousand at a time; closed however this ends."""
    in_use = threading.Lock()

    def take() -> list[T]:
        with in_use:
            return list(islice(items, _NAMES_AT_ONCE))

    def close() -> None:
        with in_use:
            items.close()

    try:
        while some := await asyncio.to_thread(take):
            yield some
    finally:
        # Not waited for: when we are cancelled, a thread is in them, perhaps on a disk that hangs.
        asyncio.get_running_loop().run_in_executor(None, close)


def _version(content: BufferedReader) -> Version:
    """By what fstat(2) says.

    Whoever writes to a file changes its ctime, which nobody can set back, and a file put in its
    place has another inode.
    """
    now = os.fstat(content.fileno())
    times = now.st_mtime_ns, now.st_ctime_ns
    return Version((now.st_dev, now.st_ino, now.st_size, *times), now.st_ctime)


def _free_bytes(folder: Path) -> int:
    # The folder is made with its first file.
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(there).free


def _link(path: Path, public: Path) -> None:
    make_folder(public.parent)
    link = public.with_name(f".{public.name}.{uuid4().hex}.part")
    try:
        link.hardlink_to(path)
        link.rename(public)
    finally:
        # rename(2) leaves both names alone when they are already the same file.
        link.unlink(missing_ok=True)
    fsync_folder(public.parent)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return
    fsync_folder(path.parent)


def _names_in(folder: Path) -> Generator[str, None, None]:
    """The names of all that is no folder."""
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries if not entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return


def _untouched(folder: Path, seconds: float) -> Generator[tuple[str, float], None, None]:
    """Name of each file of long ago, and when it was touched: its ctime, which nobody can set."""
    until, is_certain = time.time() - seconds, False
    for name in _names_in(folder):
        touched_at = _touched_at(folder / name)
        if touched_at is not None and touched_at <= until and not is_certain:
            # A file server's clock dates its files, and may be behind ours.
            until, is_certain = min(until, _time_in(folder) - seconds), True
        if touched_at is not None and touched_at <= until:
            yield name, touched_at


def _touched_at(path: Path) -> float | None:
    try:
        return path.lstat().st_ctime
    except FileNotFoundError:
        return None


def _time_in(folder: Path) -> float:
    """What time it is where the files are dated."""
    clock = folder / f".clock.{uuid4().hex}.part"
    try:
        clock.touch(exist_ok=False)
        return clock.stat().st_ctime
    finally:
        clock.unlink(missing_ok=True)


def _remove_untouched(folder: Path, files: Sequence[Untouched]) -> int:
    paths = [folder / file.mark for file in files]
    untouched = [
        path
        for path, file in zip(paths, files, strict=True)
        if _touched_at(path) == file.touched_at
    ]
    for path in untouched:
        path.unlink(missing_ok=True)
    if untouched:
        fsync_folder(folder)
    return len(untouched)


def _tidy(folder: Path) -> int:
    parts = [name for name in _names_in(folder) if _PART.fullmatch(name)]
    for name in parts:
        _remove(folder / name)
    # One that holds something, or is a link or a mount, stays.
    with suppress(OSError):
        folder.rmdir()
    return len(parts)


@contextmanager
def _missing_mapped(key: str) -> Iterator[None]:
    try:
        with system_errors_mapped(key):
            yield
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise FileMissing(key) from error


@contextmanager
def _refusals_mapped(name: str) -> Iterator[None]:
    try:
        with system_errors_mapped(name):
            yield
    except OSError as error:
        raise StorageError(f"{name}: {error.strerror}") from error
