"""Whose token a secret is: asked with every request, and read every other second."""

import asyncio
import logging
from collections.abc import Sequence
from hmac import compare_digest

from service.access.store import TokenStore
from service.access.token import Token, sha256_of
from service.errors import ServiceError, Unauthorized

# A token that is revoked is refused this soon.
REVOKED_SECONDS = 2.0
# A flood of wrong tokens reads the database no oftener; each of them is held up so long.
PAUSE_SECONDS = 0.2
# How often a token's last use is written.
USE_SECONDS = 60.0
BEFORE = float("-inf")

log = logging.getLogger(__name__)


class KnownTokens:
    """Every token there is, as of at most REVOKED_SECONDS ago.

    A new one is known at once: a secret is refused only by what was read after it came.
    """

    def __init__(self, store: TokenStore) -> None:
        self._store = store
        self._tokens: Sequence[Token] = ()
        self._asked_at = self._read_at = BEFORE
        self._reading: asyncio.Task[None] | None = None
        self._noted: dict[str, float] = {}
        self._unwritten: set[str] = set()
        self._writing: asyncio.Task[None] | None = None

    async def name_of(self, secret: str) -> str:
        """The name of the token with this secret; raises Unauthorized, DatabaseUnavailable."""
        sha256, now = sha256_of(secret), asyncio.get_running_loop().time()
        await self._read_since(now - REVOKED_SECONDS)
        token = self._found(sha256)
        if token is None:
            await self._read_since(now)
            token = self._found(sha256)
        if token is None:
            raise Unauthorized("this token is not known here: it may be mistyped, or revoked")
        self._note_use(token, now)
        return token.name

    async def close(self) -> None:
        """Ask nothing more, and end what is being asked."""
        tasks = [task for task in (self._reading, self._writing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _found(self, sha256: str) -> Token | None:
        # Every one is looked at, each in constant time: how long it takes says nothing.
        found = [token for token in self._tokens if compare_digest(token.sha256, sha256)]
        return found[0] if found else None

    async def _read_since(self, moment: float) -> None:
        """Return once what is known was read at this moment of the loop's clock, or later."""
        while self._read_at < moment:
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._read())
            # Shielded: others wait for it as well.
            await asyncio.shield(self._reading)

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._asked_at + PAUSE_SECONDS - loop.time()))
        self._asked_at = loop.time()
        self._tokens = await self._store.list_tokens()
        self._read_at = self._asked_at

    def _note_use(self, token: Token, now: float) -> None:
        if now - self._noted.get(token.sha256, BEFORE) < USE_SECONDS:
            return
        self._noted[token.sha256] = now
        self._unwritten.add(token.name)
        # Beside the request, which has no time left for it when the database hangs; and one after
        # the other, or the uses of many tokens would take every connection that reading needs.
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_uses())

    async def _write_uses(self) -> None:
        while self._unwritten:
            try:
                await self._store.note_use(self._unwritten.pop())
            except ServiceError as error:
                log.warning("a token's use was not noted", extra={"reason": str(error)})
