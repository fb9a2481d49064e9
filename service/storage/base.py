"""The storage port: whole files under keys, durable before they are seen."""

import asyncio
import errno
import hashlib
import re
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Hashable,
    Iterator,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Protocol

from config.failures import UNREACHABLE
from service.errors import FileMissing, StorageUnavailable, TooManyFiles

CHUNK_BYTES = 1024 * 1024
# A name that starts with a dot belongs to a file still being written: no key can ask for it.
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is durable in storage: its key, size in bytes and SHA-256 in hex."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Untouched:
    """A file that was let alone for long: its key, or the key that it was being saved under.

    mark: what its storage tells it by from others of that key. touched_at: when it was last
    written, linked or renamed, in seconds by the storage's clock.
    """

    key: str
    mark: str
    touched_at: float
    is_part: bool


@dataclass(frozen=True, slots=True)
class Version:
    """What tells a file's bytes from any others.

    changed_at: seconds. The same mark is given again only to what is written within moments of it.
    """

    mark: Hashable
    changed_at: float


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file, to be read at any place, by one thread at a time; its size in bytes.

    version: asked for before and after a read, tells whether the bytes stayed the same.
    """

    content: BufferedReader
    size: int
    version: Callable[[], Version]


class StorageService(Protocol):
    """Keeps videos and results.

    A key is relative, `video_jobs/NAME`: letters, digits, dot, dash, underscore and slash, no part
    of it starting with a dot. All raise ValueError for anything else, so none leaves the root,
    TooManyFiles and StorageUnavailable.
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

        Raises FileMissing, and StorageFull where it has to be fetched and there is no room for it.
        """
        ...


class StorageReading(Protocol):
    """Opens what is stored, without fetching all of it."""

    def open_file(self, key: str) -> AbstractAsyncContextManager[OpenFile]:
        """The file as it is now; raises FileMissing, also from a read when it was replaced since.

        Reads raise StorageUnavailable, OSError.
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


class Storage(StorageService, StorageReading, StorageRoom, StorageSweep, Protocol):
    """All that an adapter is to those who use it."""


def is_key(text: str) -> bool:
    """Whether a file can be saved under it."""
    return _KEY.fullmatch(text) is not None


def require_key(key: str) -> None:
    """Raise ValueError for what is no key."""
    if not is_key(key):
        raise ValueError(f"not a storage key: {key!r}")


async def require_unchanged(path: Path, stored: StoredFile) -> None:
    """Raise FileMissing unless a file holds the bytes that were stored."""

    def is_intact() -> bool:
        with path.open("rb") as content:
            return holds(content, stored)

    try:
        intact = await asyncio.to_thread(is_intact)
    except FileNotFoundError as error:
        raise FileMissing(stored.key) from error
    if not intact:
        raise FileMissing(f"{stored.key} is not what was stored")


def holds(content: BufferedReader, stored: StoredFile) -> bool:
    """Whether a file, read from where it stands to its end, is what was stored; blocks."""
    sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return (content.tell(), sha256) == (stored.size, stored.sha256)


@contextmanager
def too_many_files_mapped() -> Iterator[None]:
    """Raise TooManyFiles where this process, or this machine, may open no more files."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EMFILE, errno.ENFILE):
            raise
        raise TooManyFiles(error.strerror) from error


@contextmanager
def system_errors_mapped(name: str) -> Iterator[None]:
    """Raise TooManyFiles, and StorageUnavailable where the server of a mounted folder is away."""
    try:
        with too_many_files_mapped():
            yield
    except OSError as error:
        if error.errno not in UNREACHABLE:
            raise
        raise StorageUnavailable(f"{error.filename or name}: {error.strerror}") from error
