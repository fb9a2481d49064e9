"""Which stored files were read in full and found to be what was stored."""

import hashlib
import os
import threading
import time
from collections.abc import Callable
from io import BufferedReader

from service.storage.base import StoredFile

MOST_FILES = 4096
# The kernel's times stand still for milliseconds, some file systems' for a second or two: a file
# changed so lately may change once more and keep its time, so it is read again.
SETTLED_SECONDS = 2.0

# Device, inode, size, mtime_ns, ctime_ns, and the SHA-256 that was asked for.
_Identity = tuple[int, int, int, int, int, str]


class VerifiedFiles:
    """Remembers the last most_files files, so that each is read for its SHA-256 once; any thread.

    A file is known again by what fstat(2) says. Whoever writes to it changes its ctime, which
    nobody can set back, and a file put in its place has another inode: both are read anew. So is
    each copy that a storage fetches for its reader, once.
    """

    def __init__(
        self, *, most_files: int = MOST_FILES, clock: Callable[[], float] = time.time
    ) -> None:
        self._most_files = most_files
        self._clock = clock
        self._known: dict[_Identity, None] = {}
        self._lock = threading.Lock()

    def holds(self, file: BufferedReader, stored: StoredFile) -> bool:
        """Whether an open file has the size and SHA-256 of what was stored.

        Where that is not known it is read from its beginning to its end. Raises OSError.
        """
        identity, ctime = _identified(file, stored)
        with self._lock:
            if identity in self._known:
                return True
        began = self._clock()
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if (file.tell(), sha256) != (stored.size, stored.sha256):
            return False
        unchanged = _identified(file, stored)[0] == identity
        if unchanged and began - ctime > SETTLED_SECONDS:
            self._remember(identity)
        return True

    def _remember(self, identity: _Identity) -> None:
        with self._lock:
            self._known[identity] = None
            if len(self._known) > self._most_files:
                del self._known[next(iter(self._known))]


def _identified(file: BufferedReader, stored: StoredFile) -> tuple[_Identity, float]:
    """What an open file is known by, and when it was last changed."""
    now = os.fstat(file.fileno())
    times = now.st_mtime_ns, now.st_ctime_ns
    return (now.st_dev, now.st_ino, now.st_size, *times, stored.sha256), now.st_ctime
