from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from service.access.memory import MemoryTokens
from service.access.token import new_secret, sha256_of
from tests.unit.service.conftest import Serve

Ask = Callable[..., Awaitable[ClientResponse]]


class Door:
    """A service that asks for tokens, and who may ask it."""

    def __init__(self, client: TestClient, tokens: MemoryTokens) -> None:
        self.client = client
        self._tokens = tokens

    async def admit(self, name: str) -> dict[str, str]:
        """The headers of a new token."""
        secret = new_secret()
        await self._tokens.create(name, sha256_of(secret))
        return bearer(secret)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


Guarded = Callable[..., Awaitable[Door]]


@pytest.fixture
def guarded(serve: Serve, tokens: MemoryTokens) -> Guarded:
    """Starts a service that asks for tokens."""

    async def start(**changes: Any) -> Door:
        return Door(await serve(auth="required", **changes), tokens)

    return start


@pytest.fixture
async def door(guarded: Guarded) -> Door:
    return await guarded()
