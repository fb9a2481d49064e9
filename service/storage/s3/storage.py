"""Videos and results in a bucket of an S3-compatible store.

An object is seen when it is whole and durable, so neither needs a step of its own here.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

import obstore

from config.failures import exceeded
from service.errors import FileMissing, TooLittleRoom
from service.storage.base import (
    CHUNK_BYTES,
    OpenFile,
    StoredFile,
    Untouched,
    is_key,
    require_key,
)
from service.storage.part import no_room_mapped
from service.storage.s3 import parts
from service.storage.s3.bucket import Bucket
from service.storage.s3.reader import opened
from service.storage.s3.upload import open_upload

if TYPE_CHECKING:
    from obstore import ObjectMeta

# A store says what time it is to the second.
CLOCK_SECONDS = 1.0
REMOVED_AT_ONCE = 8


class S3Storage:
    """Keeps files below a prefix of a bucket.

    scratch_bytes: the largest file that is fetched to this machine's disk.
    """

    def __init__(self, bucket: Bucket, *, scratch_bytes: int) -> None:
        self._bucket = bucket
        self._scratch_bytes = scratch_bytes

    async def save(self, key: str, chunks: AsyncIterable[bytes]) -> StoredFile:
        """Send while they come, then show under the key; see StorageService.save."""
        require_key(key)
        async with open_upload(self._bucket, key) as upload:
            async for chunk in chunks:
                await upload.append(chunk)
            size, sha256 = await upload.show()
        return StoredFile(key, size, sha256)

    async def load(self, key: str) -> AsyncIterator[bytes]:
        """The file in chunks; one that is replaced meanwhile is read to its own end."""
        require_key(key)
        with self._bucket.errors_mapped(key):
            found = await obstore.get_async(self._bucket.store, self._bucket.path(key))
            async for block in found.stream(min_chunk_size=CHUNK_BYTES):
                view = memoryview(block)
                for start in range(0, len(view), CHUNK_BYTES):
                    yield bytes(view[start : start + CHUNK_BYTES])

    async def delete(self, key: str) -> None:
        """Remove a file for good; one that is not there is no error."""
        require_key(key)
        with suppress(FileMissing), self._bucket.errors_mapped(key):
            await obstore.delete_async(self._bucket.store, self._bucket.path(key))

    async def publish(self, key: str, public_key: str) -> None:
        """Show the file under a second key by a copy, which the store makes by itself."""
        require_key(key)
        require_key(public_key)
        with self._bucket.errors_mapped(key):
            path = self._bucket.path
            await obstore.copy_async(self._bucket.store, path(key), path(public_key))

    @asynccontextmanager
    async def local_file(self, key: str) -> AsyncIterator[Path]:
        """A copy below TMPDIR that has no name, so it is gone however this process ends."""
        require_key(key)
        with no_room_mapped(key):
            copy = await asyncio.to_thread(tempfile.TemporaryFile)
        try:
            with no_room_mapped(key):
                await self._fetch(key, copy)
            yield Path(f"/proc/{os.getpid()}/fd/{copy.fileno()}")
        finally:
            # To free what a large file takes on a disk is work.
            await asyncio.to_thread(copy.close)

    @asynccontextmanager
    async def open_file(self, key: str) -> AsyncIterator[OpenFile]:
        """See StorageReading.open_file."""
        require_key(key)
        file = opened(self._bucket, key, await self._meta(key))
        with file.content:
            yield file

    async def free_bytes(self) -> None:
        """None: a bucket has no end."""
        return

    async def keys(self, folder: str) -> AsyncIterator[str]:
        """See StorageSweep.keys."""
        async for key, _ in self._listed(folder):
            yield key

    async def tidy(self, folder: str) -> int:
        """See StorageSweep.tidy; a bucket has no folders that could be left."""
        ended = 0
        async for page in parts.pages(self._bucket, folder):
            for upload in page.uploads:
                if _is_in(folder, upload.key):
                    await parts.abort(self._bucket, upload.key, upload.upload_id)
                    ended += 1
        return ended

    async def untouched(self, folder: str, *, seconds: float) -> AsyncIterator[Untouched]:
        """See StorageSweep.untouched."""
        until: float | None = None
        async for page in parts.pages(self._bucket, folder):
            until = page.now + CLOCK_SECONDS - seconds if until is None else until
            for upload in page.uploads:
                if _is_in(folder, upload.key) and upload.begun_at <= until:
                    touched_at = await parts.touched_at(self._bucket, upload)
                    if touched_at is not None and touched_at <= until:
                        yield Untouched(upload.key, upload.upload_id, touched_at, is_part=True)
        async for key, meta in self._listed(folder):
            touched_at = meta["last_modified"].timestamp()
            if until is not None and touched_at <= until:
                yield Untouched(key, str(meta["e_tag"]), touched_at, is_part=False)

    async def delete_untouched(self, folder: str, files: Sequence[Untouched]) -> int:
        """See StorageSweep.delete_untouched."""
        removed = 0
        for start in range(0, len(files), REMOVED_AT_ONCE):
            some = files[start : start + REMOVED_AT_ONCE]
            removed += sum(await asyncio.gather(*map(self._removed, some)))
        return removed

    async def _removed(self, file: Untouched) -> bool:
        if file.is_part:
            upload = parts.BegunUpload(file.key, file.mark, file.touched_at)
            untouched = await parts.touched_at(self._bucket, upload) == file.touched_at
            if untouched:
                await parts.abort(self._bucket, file.key, file.mark)
            return untouched
        try:
            meta = await self._meta(file.key)
        except FileMissing:
            return False
        # A listing may say when to the millisecond, and this answer says it to the second.
        untouched = int(meta["last_modified"].timestamp()) == int(file.touched_at)
        untouched = untouched and meta["e_tag"] == file.mark
        if untouched:
            await self.delete(file.key)
        return untouched

    async def _meta(self, key: str) -> "ObjectMeta":
        try:
            with self._bucket.errors_mapped(key):
                return await obstore.head_async(self._bucket.store, self._bucket.path(key))
        except FileMissing:
            # The answer to a HEAD does not say that it is the bucket that is missing.
            async for _ in self._listed(key):
                pass
            raise

    async def _listed(self, folder: str) -> AsyncIterator[tuple[str, "ObjectMeta"]]:
        with self._bucket.errors_mapped(folder):
            async for metas in obstore.list(self._bucket.store, self._bucket.path(folder)):
                for meta in metas:
                    key = self._bucket.key(meta["path"])
                    if _is_in(folder, key):
                        yield key, meta

    async def _fetch(self, key: str, copy: IO[bytes]) -> None:
        size = (await self._meta(key))["size"]
        if size > self._scratch_bytes:
            found = f"the video has {size} bytes"
            raise TooLittleRoom(exceeded("max_scratch_bytes", self._scratch_bytes, found))
        async for chunk in self.load(key):
            await asyncio.to_thread(copy.write, chunk)
        await asyncio.to_thread(copy.flush)


def _is_in(folder: str, key: str) -> bool:
    return is_key(key) and key.rpartition("/")[0] == folder
