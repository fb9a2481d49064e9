"""One suite for every place tokens are kept."""

from datetime import UTC, datetime, timedelta

import pytest

from service.access.store import TokenStore
from service.access.token import sha256_of
from service.errors import TokenRefused


async def test_a_token_is_kept_by_its_name_and_hash(tokens: TokenStore) -> None:
    made = await tokens.create("ann", sha256_of("a"))

    assert (made.name, made.sha256, made.last_used_at) == ("ann", sha256_of("a"), None)
    assert abs(made.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert await tokens.list_tokens() == [made]


async def test_tokens_are_listed_by_name(tokens: TokenStore) -> None:
    for name in ("carl", "ann", "bob"):
        await tokens.create(name, sha256_of(name))

    assert [token.name for token in await tokens.list_tokens()] == ["ann", "bob", "carl"]


async def test_a_name_is_one_tokens(tokens: TokenStore) -> None:
    made = await tokens.create("ann", sha256_of("a"))

    with pytest.raises(TokenRefused, match="ann"):
        await tokens.create("ann", sha256_of("b"))
    assert await tokens.list_tokens() == [made]


async def test_a_revoked_token_is_gone_and_its_name_is_free(tokens: TokenStore) -> None:
    await tokens.create("ann", sha256_of("a"))
    await tokens.create("bob", sha256_of("b"))

    await tokens.revoke("ann")

    assert [token.name for token in await tokens.list_tokens()] == ["bob"]
    assert (await tokens.create("ann", sha256_of("c"))).sha256 == sha256_of("c")


async def test_a_token_that_is_not_there_cannot_be_revoked(tokens: TokenStore) -> None:
    with pytest.raises(TokenRefused, match="ann"):
        await tokens.revoke("ann")


async def test_a_use_is_noted_once_a_minute(tokens: TokenStore) -> None:
    await tokens.create("ann", sha256_of("a"))
    await tokens.create("bob", sha256_of("b"))

    await tokens.note_use("ann")
    (first, unused) = await tokens.list_tokens()
    await tokens.note_use("ann")

    assert first.last_used_at is not None
    assert abs(first.last_used_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert unused.last_used_at is None
    assert await tokens.list_tokens() == [first, unused]


async def test_the_use_of_a_token_that_is_gone_is_nobodys(tokens: TokenStore) -> None:
    await tokens.note_use("ann")

    assert await tokens.list_tokens() == []
