"""The port to where tokens are kept. All raise DatabaseUnavailable, SchemaOutdated."""

from collections.abc import Sequence
from typing import Protocol

from service.access.token import Token


class TokenStore(Protocol):
    """Keeps tokens by name and SHA-256, and never what a client sends."""

    async def create(self, name: str, sha256: str) -> Token:
        """Keep a new token; raises TokenRefused where one has this name."""
        ...

    async def list_tokens(self) -> Sequence[Token]:
        """Every token there is, by name."""
        ...

    async def revoke(self, name: str) -> None:
        """Forget a token, not its jobs; raises TokenRefused where none has this name."""
        ...

    async def note_use(self, name: str) -> None:
        """Set a token's last use to now, by the database's clock, unless that was this minute."""
        ...
