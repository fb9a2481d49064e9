"""A file on its way into a folder: written and hashed by the block, durable before it is seen."""

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import aiofiles

from service.errors import StorageFull, StorageNotWritable
from service.storage.base import system_errors_mapped

# Held twice for every file that is being written: a block comes while the one before is written.
GATHER_BYTES = 256 * 1024
# A file that grows slowly is written so often that nobody takes it for one that was left behind.
WRITTEN_WITHIN_SECONDS = 60.0
# What is written goes to the disk while more comes, or the last fsync waits for the whole file.
SYNC_BYTES = 64 * 1024 * 1024
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NOT_WRITABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


@asynccontextmanager
async def open_part(target: Path) -> AsyncIterator["Part"]:
    """A file that is shown under the target's name, or of which nothing is left."""
    part = Part(target)
    try:
        await part.open()
        yield part
    except BaseException:
        # Shielded: a second cancellation must not leave behind what the first one came to end.
        await asyncio.shield(asyncio.ensure_future(part.discard()))
        raise


class Part:
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
        self._written_at = monotonic()
        self._under_way: asyncio.Task[None] | None = None
        self._syncing: asyncio.Task[None] | None = None
        self._syncing_bytes = 0

    async def open(self) -> None:
        """Make the file, and the folders it lies in."""
        self._begin(self._open())
        await self._begun()

    async def append(self, chunk: bytes) -> None:
        """Small chunks are gathered first: each write costs a hop to a thread, about 0.1 ms."""
        self._waiting.append(chunk)
        self._waiting_bytes += len(chunk)
        late = monotonic() - self._written_at >= WRITTEN_WITHIN_SECONDS
        if late or self._waiting_bytes >= GATHER_BYTES:
            await self._begun()
            blocks, self._waiting, self._waiting_bytes = self._waiting, [], 0
            self._written_at = monotonic()
            self._begin(self._write_late(blocks) if late else self._write(blocks))

    async def show(self) -> tuple[int, str]:
        """Size in bytes, and SHA-256 in hex, of what is now durable."""
        await self._begun()
        self._begin(self._show())
        await self._begun()
        return self._size, self._hash.hexdigest()

    async def discard(self) -> None:
        """Leave nothing behind, shown or not, once no thread works on it."""
        # In this order: what is under way may begin a sync.
        await _ended(self._under_way)
        await _ended(self._syncing)
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
        with no_room_mapped(self._target.name):
            await asyncio.shield(self._under_way)

    async def _open(self) -> None:
        try:
            self._file = await aiofiles.open(self._path, "xb")
        except FileNotFoundError:
            await asyncio.to_thread(make_folder, self._target.parent)
            self._file = await aiofiles.open(self._path, "xb")

    async def _write(self, blocks: list[bytes]) -> None:
        self._size += sum(map(len, blocks))
        await self._file.writelines(self._hashed(blocks))
        if self._size - self._syncing_bytes >= SYNC_BYTES:
            await self._synced()
            self._syncing_bytes = self._size
            self._syncing = asyncio.create_task(asyncio.to_thread(os.fsync, self._file.fileno()))

    async def _write_late(self, blocks: list[bytes]) -> None:
        await self._write(blocks)
        await self._file.flush()

    def _hashed(self, blocks: list[bytes]) -> Iterator[bytes]:
        """Hash in the thread that writes: a second one costs more hand-overs than it saves."""
        for block in blocks:
            self._hash.update(block)
            yield block

    async def _synced(self) -> None:
        """An error of the disk is told to one fsync alone, so none goes unasked (fsync(2))."""
        if self._syncing is not None:
            await self._syncing

    async def _show(self) -> None:
        if self._waiting:
            await self._write(self._waiting)
        await self._synced()
        await self._file.flush()
        await asyncio.to_thread(self._rename, self._file.fileno())
        await self._file.close()

    def _rename(self, descriptor: int) -> None:
        os.fsync(descriptor)
        self._path.rename(self._target)
        self._shown = True
        fsync_folder(self._target.parent)

    def _unlink(self) -> None:
        self._path.unlink(missing_ok=True)
        if self._shown:
            # Cancelled at the last moment: the caller learns of no file, so none may stay.
            self._target.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a durable folder, and those above it, where there is none."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    fsync_folder(folder.parent)


def fsync_folder(folder: Path) -> None:
    """A name is durable only when the folder that holds it is (fsync(2), notes)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def no_room_mapped(name: str) -> Iterator[None]:
    """Raise StorageFull where there is no room, StorageNotWritable where the system forbids it.

    And what system_errors_mapped does.
    """
    try:
        with system_errors_mapped(name):
            yield
    except OSError as error:
        told = f"{error.filename or name} cannot be written: {error.strerror}"
        if error.errno in _NOT_WRITABLE:
            raise StorageNotWritable(told) from error
        if error.errno in _NO_ROOM:
            raise StorageFull(told) from error
        raise


async def _ended(task: asyncio.Task[None] | None) -> None:
    """Wait for a task; what it raised nobody asks for any more."""
    if task is not None:
        await asyncio.gather(task, return_exceptions=True)
