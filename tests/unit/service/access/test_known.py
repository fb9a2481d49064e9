import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from service.access.known import PAUSE_SECONDS, REVOKED_SECONDS, KnownTokens
from service.access.memory import MemoryTokens
from service.access.token import Token, sha256_of
from service.errors import DatabaseUnavailable, Unauthorized
from tests.waiting import until

# It tells an answer from a wait without end.
HANGS_SECONDS = 10.0


class CountedTokens(MemoryTokens):
    """Tokens that count how often they are read and written, and may be away."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.uses = 0
        self.is_away = self.takes_no_use = False
        self.answers_uses = asyncio.Event()
        self.answers_uses.set()

    async def list_tokens(self) -> Sequence[Token]:
        self.reads += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise DatabaseUnavailable("connection refused")
        return await super().list_tokens()

    async def note_use(self, name: str) -> None:
        self.uses += 1
        if self.takes_no_use:
            raise DatabaseUnavailable("connection refused")
        await self.answers_uses.wait()
        await super().note_use(name)


class Clock:
    """The loop's time, which a test may put forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        real, self.ahead = loop.time, 0.0
        monkeypatch.setattr(loop, "time", lambda: real() + self.ahead)


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def store() -> CountedTokens:
    return CountedTokens()


@pytest.fixture
async def known(store: CountedTokens) -> AsyncIterator[KnownTokens]:
    tokens = KnownTokens(store)
    yield tokens
    await tokens.close()


async def test_a_secret_says_whose_it_is(known: KnownTokens, store: CountedTokens) -> None:
    await store.create("ann", sha256_of("a"))
    await store.create("bob", sha256_of("b"))

    assert [await known.name_of(secret) for secret in ("a", "b")] == ["ann", "bob"]


@pytest.mark.parametrize("wrong", ["", "A", "a ", sha256_of("a"), "\udcff"])
async def test_anything_else_is_refused(
    known: KnownTokens, store: CountedTokens, wrong: str
) -> None:
    await store.create("ann", sha256_of("a"))

    with pytest.raises(Unauthorized):
        await known.name_of(wrong)


async def test_a_token_is_known_as_soon_as_it_is_made(
    known: KnownTokens, store: CountedTokens
) -> None:
    with pytest.raises(Unauthorized):
        await known.name_of("a")
    await store.create("ann", sha256_of("a"))

    assert await known.name_of("a") == "ann"


async def test_a_revoked_token_is_refused_within_seconds(
    known: KnownTokens, store: CountedTokens, clock: Clock
) -> None:
    await store.create("ann", sha256_of("a"))
    await known.name_of("a")
    await store.revoke("ann")
    clock.ahead += REVOKED_SECONDS + 0.1

    with pytest.raises(Unauthorized):
        await known.name_of("a")
    assert REVOKED_SECONDS <= 5


async def test_a_known_token_costs_no_read_and_no_write(
    known: KnownTokens, store: CountedTokens
) -> None:
    await store.create("ann", sha256_of("a"))
    for _ in range(100):
        await known.name_of("a")
    await until(lambda: store.uses)

    assert (store.reads, store.uses) == (1, 1)


async def test_a_use_is_noted_again_after_a_minute(
    known: KnownTokens, store: CountedTokens, clock: Clock
) -> None:
    await store.create("ann", sha256_of("a"))
    await known.name_of("a")
    clock.ahead += 59
    await known.name_of("a")
    await until(lambda: store.uses)
    before = store.uses
    clock.ahead += 2
    await known.name_of("a")

    assert before == 1
    await until(lambda: store.uses == 2)


async def test_a_flood_of_wrong_tokens_is_a_few_reads_and_holds_up_nobody_else(
    known: KnownTokens, store: CountedTokens
) -> None:
    await store.create("ann", sha256_of("a"))
    await known.name_of("a")
    flood = [asyncio.create_task(known.name_of(f"wrong {number}")) for number in range(1000)]
    await asyncio.sleep(0)

    async with asyncio.timeout(PAUSE_SECONDS / 2):
        assert await known.name_of("a") == "ann"
    outcomes = await asyncio.gather(*flood, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Unauthorized}
    assert store.reads <= 3


async def test_a_database_that_is_away_is_said_to_all_at_once_and_asked_again(
    known: KnownTokens, store: CountedTokens
) -> None:
    await store.create("ann", sha256_of("a"))
    store.is_away = True
    asked = [known.name_of("a") for _ in range(20)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    store.is_away = False

    assert {type(outcome) for outcome in outcomes} == {DatabaseUnavailable}
    assert store.reads == 1
    assert await known.name_of("a") == "ann"


async def test_one_who_leaves_takes_nothing_from_those_who_wait(
    known: KnownTokens, store: CountedTokens
) -> None:
    await store.create("ann", sha256_of("a"))
    leaving, staying = (asyncio.create_task(known.name_of("a")) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()

    assert await staying == "ann"
    assert store.reads == 1


async def test_a_use_that_cannot_be_noted_stops_no_request(
    known: KnownTokens, store: CountedTokens, caplog: pytest.LogCaptureFixture
) -> None:
    await store.create("ann", sha256_of("a"))
    store.takes_no_use = True

    assert await known.name_of("a") == "ann"
    await until(lambda: "a token's use was not noted" in caplog.messages)


async def test_a_use_that_hangs_holds_up_no_request_and_ends_with_the_rest(
    known: KnownTokens, store: CountedTokens
) -> None:
    """P8: the request has another statement to send, and five seconds for all of them."""
    store.answers_uses.clear()

    assert await names_of_three(known, store) == ["a", "b", "c"]
    await until(lambda: store.uses)
    await known.close()
    # The others wait for the first, and not on connections of their own.
    assert store.uses == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_uses_that_waited_for_one_are_noted_after_it(
    known: KnownTokens, store: CountedTokens
) -> None:
    store.answers_uses.clear()
    await names_of_three(known, store)
    store.answers_uses.set()

    await until(lambda: store.uses == 3)
    assert None not in [token.last_used_at for token in await store.list_tokens()]


async def names_of_three(known: KnownTokens, store: CountedTokens) -> list[str]:
    for name in "abc":
        await store.create(name, sha256_of(name))
    async with asyncio.timeout(HANGS_SECONDS):
        return [await known.name_of(name) for name in "abc"]
