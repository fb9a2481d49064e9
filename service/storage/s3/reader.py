"""A file of a bucket, read where it is asked for, and nowhere else."""

import io
from typing import TYPE_CHECKING, Any, cast

import obstore

from service.storage.base import OpenFile, Version
from service.storage.s3.bucket import Bucket

if TYPE_CHECKING:
    from obstore import ObjectMeta

# Read at once: a request takes some 20 ms however little it asks for.
BUFFER_BYTES = 1024 * 1024


def opened(bucket: Bucket, key: str, meta: "ObjectMeta") -> OpenFile:
    """A file of which meta was said; its reads raise FileMissing when it was replaced since."""
    version = Version((key, meta["e_tag"]), meta["last_modified"].timestamp())
    content = io.BufferedReader(_Ranges(bucket, key, meta), BUFFER_BYTES)
    return OpenFile(cast("io.BufferedReader", content), meta["size"], lambda: version)


class _Ranges(io.RawIOBase):
    """Every read is a request of its own, for the version that was opened."""

    def __init__(self, bucket: Bucket, key: str, meta: "ObjectMeta") -> None:
        self._bucket = bucket
        self._key = key
        self._size = meta["size"]
        self._e_tag = meta["e_tag"]
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence] + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        into = memoryview(buffer).cast("B")
        end = min(self._at + len(into), self._size)
        if self._at >= end:
            return 0
        with self._bucket.errors_mapped(self._key):
            found = obstore.get(
                self._bucket.store,
                self._bucket.path(self._key),
                options={"range": (self._at, end), "if_match": self._e_tag},
            ).bytes()
        into[: len(found)] = memoryview(found)
        self._at += len(found)
        return len(found)
