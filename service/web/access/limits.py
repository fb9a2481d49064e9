"""How much may be asked for at once; what is refused says which limit it met, and how."""

from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager

from config.failures import exceeded
from config.settings import Settings
from service.errors import TooLittleRoom, TooManyRequests
from service.services import Services

# How often a long upload looks whether there is room for more.
LOOK_BYTES = 64 * 1024 * 1024


class UploadsUnderWay:
    """Counts the uploads of this process."""

    def __init__(self) -> None:
        self._by_owner: Counter[str] = Counter()

    @contextmanager
    def one_more(self, settings: Settings, owner: str) -> Iterator[int]:
        """Hold a place while the context is open; gives how many the owner has, this one included.

        Raises TooManyRequests.
        """
        _require_fewer("max_uploads", settings.max_uploads, self._by_owner.total(), "are under way")
        if owner:
            limit, found = settings.max_uploads_per_token, self._by_owner[owner]
            _require_fewer("max_uploads_per_token", limit, found, "of this token are under way")
        self._by_owner[owner] += 1
        try:
            yield self._by_owner[owner]
        finally:
            self._by_owner[owner] -= 1
            # Owners who have left are not remembered.
            self._by_owner += Counter()


async def require_few_pending(services: Services, owner: str, *, uploads: int) -> None:
    """Raise TooManyRequests unless the owner may have a job more, all its uploads being jobs too.

    Where no token is asked for there is no limit.
    """
    if owner:
        pending = await services.jobs.count_pending(owner)
        limit, found = services.settings.max_pending_per_token, pending + uploads - 1
        _require_fewer("max_pending_per_token", limit, found, "are pending or on their way")


async def require_room(services: Services, *, size: int = 0) -> None:
    """Raise TooLittleRoom where a file of this size would use what is to be kept free."""
    free, kept = await services.storage.free_bytes(), services.settings.min_free_bytes
    if free is not None and free - size < kept:
        found = f"{free} bytes of the storage are free, with {size} more to come"
        raise TooLittleRoom(exceeded("min_free_bytes", kept, found))


async def while_there_is_room(
    chunks: AsyncIterable[bytes], services: Services
) -> AsyncIterator[bytes]:
    """The chunks, as long as the storage has room for more; raises TooLittleRoom."""
    unlooked = 0
    async for chunk in chunks:
        unlooked += len(chunk)
        if unlooked >= LOOK_BYTES:
            unlooked = 0
            await require_room(services)
        yield chunk


def _require_fewer(field: str, limit: int, found: int, what: str) -> None:
    if found >= limit:
        raise TooManyRequests(exceeded(field, limit, f"{found} {what}; send this again later"))
