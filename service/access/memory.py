"""Tokens in memory, for tests."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from service.access.token import Token
from service.errors import TokenRefused
from service.jobs.model import utc_now


class MemoryTokens:
    """The port of service.access.store over a dict."""

    def __init__(self, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._tokens: dict[str, Token] = {}
        self._clock = clock

    async def create(self, name: str, sha256: str) -> Token:
        """See TokenStore."""
        if name in self._tokens:
            raise TokenRefused(f"there is a token {name}: revoke it first, its jobs stay")
        token = Token(name, sha256, self._clock())
        self._tokens[name] = token
        return token

    async def list_tokens(self) -> Sequence[Token]:
        """See TokenStore."""
        return [self._tokens[name] for name in sorted(self._tokens)]

    async def revoke(self, name: str) -> None:
        """See TokenStore."""
        if self._tokens.pop(name, None) is None:
            raise TokenRefused(f"there is no token {name}: `forgesyte tokens list` shows them")

    async def note_use(self, name: str) -> None:
        """See TokenStore."""
        token, now = self._tokens.get(name), self._clock()
        if token and (token.last_used_at or datetime.min.replace(tzinfo=now.tzinfo)) <= (
            now - timedelta(minutes=1)
        ):
            self._tokens[name] = replace(token, last_used_at=now)
