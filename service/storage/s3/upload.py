"""A file on its way into a bucket: hashed and sent in parts, seen when the last one is in."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import obstore
from obstore.exceptions import BaseError

from service.storage.s3.bucket import Bucket

# Each costs hops between threads; held twice for every file that is being written.
GATHER_BYTES = 256 * 1024
# The least that S3 takes. With its most, 10,000 parts, a file may have 48 GiB; and what comes at
# 3 KB/s fills one within the half hour after which nobody believes in a file that does not grow.
PART_BYTES = 5 * 1024 * 1024
PARTS_AT_ONCE = 2
# How long a caller whose save was cut off waits until nothing is left of it.
DISCARD_SECONDS = 5.0

_discarding: set[asyncio.Task[None]] = set()


@asynccontextmanager
async def open_upload(bucket: Bucket, key: str) -> AsyncIterator["Upload"]:
    """A file that is shown under the key, or of which nothing is left."""
    upload = Upload(bucket, key)
    try:
        yield upload
    except BaseException:
        # A second cancellation must not leave behind what the first one came to end.
        discarding = asyncio.create_task(upload.discard())
        _discarding.add(discarding)
        discarding.add_done_callback(_discarding.discard)
        await asyncio.wait({discarding}, timeout=DISCARD_SECONDS)
        raise


class Upload:
    """A file that nobody sees before it is whole."""

    def __init__(self, bucket: Bucket, key: str) -> None:
        self._bucket = bucket
        self._key = key
        self._writer = obstore.open_writer_async(
            bucket.store, bucket.path(key), buffer_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE
        )
        self._size = 0
        self._hash = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._under_way: asyncio.Task[None] | None = None
        self._shown = False

    async def append(self, chunk: bytes) -> None:
        """Send it with those that come soon after; raises StorageUnavailable."""
        self._waiting.append(chunk)
        self._waiting_bytes += len(chunk)
        if self._waiting_bytes >= GATHER_BYTES:
            await self._begun()
            block, self._waiting, self._waiting_bytes = b"".join(self._waiting), [], 0
            self._begin(self._write(block))

    async def show(self) -> tuple[int, str]:
        """Size in bytes, and SHA-256 in hex, of what is now durable; raises StorageUnavailable."""
        await self._begun()
        self._begin(self._show())
        await self._begun()
        return self._size, self._hash.hexdigest()

    async def discard(self) -> None:
        """Leave nothing behind, shown or not, once no request for it is under way.

        What cannot be removed, the store being away, is found by a sweep.
        """
        if self._under_way is not None:
            await asyncio.gather(self._under_way, return_exceptions=True)
        with suppress(BaseError, OSError):
            if self._shown:
                # Cancelled at the last moment: the caller learns of no file, so none may stay.
                await obstore.delete_async(self._bucket.store, self._bucket.path(self._key))
            else:
                # Told of an error, it aborts what it has begun; there is no other way to ask it.
                await self._writer.__aexit__(InterruptedError, InterruptedError(), None)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._under_way = asyncio.create_task(work)

    async def _begun(self) -> None:
        """Wait until what was begun last is done; raises what it raised."""
        if self._under_way is None:
            return
        # A request cannot be called back. When we are cancelled it goes on, and discard waits for
        # it, or it would have its effect after the cleaning up.
        with self._bucket.errors_mapped(self._key, may_miss=False):
            await asyncio.shield(self._under_way)

    async def _write(self, block: bytes) -> None:
        self._size += len(block)
        await asyncio.gather(asyncio.to_thread(self._hash.update, block), self._writer.write(block))

    async def _show(self) -> None:
        if self._waiting:
            await self._write(b"".join(self._waiting))
        await self._writer.close()
        self._shown = True
