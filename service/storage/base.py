"""The storage port: whole files under keys, durable before they are seen."""

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from service.errors import FileMissing, TooManyFiles

CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is durable in storage: its key, size in bytes and SHA-256 in hex."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Untouched:
    """A file that was let alone for long: its key, or the key that it was being saved under.

    name: what it is called in its folder. touched_at: when it was last written, linked or renamed,
    in seconds by the storage's clock.
    """

    key: str
    name: str
    touched_at: float
    is_part: bool


class StorageService(Protocol):
    """Keeps videos and results.

    A key is relative, `video_jobs/NAME`: letters, digits, dot, dash, underscore and slash, no part
    of it starting with a dot. All raise ValueError for anything else, so none leaves the root, and
    TooManyFiles.
    """

    async def save(self, key: str, chunks: AsyncIterable[bytes]) -> StoredFile:
        """Write all chunks, make them durable, then show them under the key (or replace it).

        When the chunks raise, or the task is cancelled, nothing is left behind.
        Raises StorageFull.
        """
        ...

    def load(self, key: str) -> AsyncIterator[bytes]:
        """The file in chunks of at most CHUNK_BYTES; raises FileMissing."""
        ...

    async def delete(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""
        ...

    async def publish(self, key: str, public_key: str) -> None:
        """Show the file under a second key as well, replacing what was there.

        Raises FileMissing, StorageFull.
        """
        ...

    def local_file(self, key: str) -> AbstractAsyncContextManager[Path]:
        """The file as a path that other programs can read for as long as the context is open.

        Raises FileMissing.
        """
        ...


class StorageRoom(Protocol):
    """Tells how much a storage can still take."""

    async def free_bytes(self) -> int | None:
        """Bytes that may still be written; None where there is no end to them."""
        ...


class StorageSweep(Protocol):
    """Clears a storage out: what it holds, also what nobody knows of. All raise StorageError.

    A folder is the part of a key before its last slash.
    """

    def keys(self, folder: str) -> AsyncIterator[str]:
        """The keys of a folder's files, in no order; none where there is no such folder.

        A file that comes or goes meanwhile may be missed.
        """
        ...

    async def delete(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""
        ...

    async def tidy(self, folder: str) -> int:
        """Remove what saves that were cut off have left in a folder; how many they were.

        Only while nobody saves. A folder that is empty afterwards is removed as well.
        """
        ...

    def untouched(self, folder: str, *, seconds: float) -> AsyncIterator[Untouched]:
        """What nobody has written, linked or renamed for so long, what saves began included.

        In no order. A file that another clock has dated is judged by that clock.
        """
        ...

    async def delete_untouched(self, folder: str, files: Sequence[Untouched]) -> int:
        """Remove those files that were not touched since they were listed; how many.

        Names of one file are removed together: each that goes touches the others.
        """
        ...


class Storage(StorageService, StorageRoom, StorageSweep, Protocol):
    """All that an adapter is to those who use it."""


async def require_unchanged(path: Path, stored: StoredFile) -> None:
    """Raise FileMissing unless a file holds the bytes that were stored."""
    try:
        size, sha256 = await asyncio.to_thread(_measured, path)
    except FileNotFoundError as error:
        raise FileMissing(stored.key) from error
    if (size, sha256) != (stored.size, stored.sha256):
        raise FileMissing(f"{stored.key}: {size} bytes, SHA-256 {sha256}")


@contextmanager
def too_many_files_mapped() -> Iterator[None]:
    """Raise TooManyFiles where this process, or this machine, may open no more files."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EMFILE, errno.ENFILE):
            raise
        raise TooManyFiles(error.strerror) from error


def _measured(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest()
