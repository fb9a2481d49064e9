"""Which stored files were read in full and found to be what was stored."""

import threading
import time
from collections.abc import Callable, Hashable

from service.storage.base import OpenFile, StoredFile, holds

MOST_FILES = 4096
# The kernel's times stand still for milliseconds, some file systems' for a second or two: a file
# changed so lately may change once more and keep its time, so it is read again.
SETTLED_SECONDS = 2.0


class VerifiedFiles:
    """Remembers the last most_files files, so that each is read for its SHA-256 once; any thread.

    A file is known again by the version that its storage gives it.
    """

    def __init__(
        self, *, most_files: int = MOST_FILES, clock: Callable[[], float] = time.time
    ) -> None:
        self._most_files = most_files
        self._clock = clock
        self._known: dict[tuple[Hashable, str], None] = {}
        self._lock = threading.Lock()

    def holds(self, file: OpenFile, stored: StoredFile) -> bool:
        """Whether an open file has the size and SHA-256 of what was stored.

        Where that is not known it is read from its beginning to its end. Raises what its reads do.
        """
        version = file.version()
        known_by = version.mark, stored.sha256
        with self._lock:
            if known_by in self._known:
                return True
        began = self._clock()
        file.content.seek(0)
        if not holds(file.content, stored):
            return False
        if file.version() == version and began - version.changed_at > SETTLED_SECONDS:
            self._remember(known_by)
        return True

    def _remember(self, known_by: tuple[Hashable, str]) -> None:
        with self._lock:
            self._known[known_by] = None
            if len(self._known) > self._most_files:
                del self._known[next(iter(self._known))]
