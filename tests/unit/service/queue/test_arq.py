import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from arq.connections import ArqRedis
from fakeredis import FakeAsyncRedis

from service.jobs.errors import QueueUnavailable
from service.jobs.model import Ticket
from service.queue.arq import (
    FUNCTION_NAME,
    QUEUE_NAME,
    ArqQueue,
    deserialize,
    on_pool,
    open_arq_queue,
    serialize,
)
from service.queue.base import Entry

JOB_ID = UUID("5f0c8f9e-3c43-4a55-9d4b-0a6a3f6f2d11")
OURS = {"t": None, "f": FUNCTION_NAME, "a": [str(JOB_ID)], "k": {}, "et": 1_700_000_000_000}
DAY_MS = 86_400_000


@pytest.fixture
async def redis() -> AsyncIterator[ArqRedis]:
    async with FakeAsyncRedis() as fake:
        yield on_pool(fake.connection_pool)


@pytest.fixture
def ticket() -> Ticket:
    return Ticket(JOB_ID, datetime(2026, 1, 1, tzinfo=UTC), dispatch_no=2)


async def test_a_ring_carries_the_job_id_and_nothing_else(redis: ArqRedis, ticket: Ticket) -> None:
    """QUE-1."""
    await ArqQueue(redis).enqueue(ticket)

    (call,) = await redis.queued_jobs()
    assert (call.function, call.args, call.kwargs) == (FUNCTION_NAME, [str(JOB_ID)], {})
    assert call.job_id == f"{JOB_ID}:2"


async def test_a_ring_is_dated_with_the_acceptance_of_its_job(
    redis: ArqRedis, ticket: Ticket
) -> None:
    await ArqQueue(redis).enqueue(ticket)

    (call,) = await redis.queued_jobs()
    assert call.score == int(ticket.created_at.timestamp() * 1000)


async def test_a_job_accepted_by_a_clock_ahead_of_ours_need_not_wait(redis: ArqRedis) -> None:
    await ArqQueue(redis).enqueue(Ticket(JOB_ID, datetime.now(UTC) + timedelta(hours=1)))

    (call,) = await redis.queued_jobs()
    assert call.score is not None
    assert call.score <= datetime.now(UTC).timestamp() * 1000


async def test_a_ring_outlives_a_long_weekend(redis: ArqRedis, ticket: Ticket) -> None:
    """arq drops a ring in silence when it is over, after a day unless told otherwise."""
    await ArqQueue(redis).enqueue(ticket)

    left = await redis.pttl(f"arq:job:{JOB_ID}:2")
    assert 6 * DAY_MS < left <= 7 * DAY_MS


@pytest.mark.parametrize("lost", [QUEUE_NAME, f"arq:job:{JOB_ID}:2"])
async def test_a_ring_of_which_half_is_lost_is_gone_and_can_be_repeated(
    redis: ArqRedis, ticket: Ticket, lost: str
) -> None:
    queue = ArqQueue(redis)
    await queue.enqueue(ticket)
    await redis.delete(lost)

    assert await queue.entries([ticket]) == [Entry.GONE]

    await queue.enqueue(ticket)

    assert await queue.entries([ticket]) == [Entry.WAITING]


async def test_a_queue_opens_without_redis_and_says_that_it_is_away(
    tmp_path: Path, ticket: Ticket
) -> None:
    async with open_arq_queue(f"unix://{tmp_path}/nobody.sock") as queue:
        with pytest.raises(QueueUnavailable, match=r"nobody\.sock"):
            await queue.enqueue(ticket)
        with pytest.raises(QueueUnavailable):
            await queue.entries([ticket])
        with pytest.raises(QueueUnavailable):
            await queue.size()


def test_a_call_survives_the_way_through_redis() -> None:
    assert deserialize(serialize(OURS)) == OURS


def test_what_became_of_a_failed_call_can_be_written() -> None:
    """arq serialises the exception, even where it keeps no result."""
    assert json.loads(serialize({"r": ValueError("no")}))["r"] == "ValueError('no')"


@pytest.mark.parametrize(
    "foreign",
    [
        b"",
        b"\x80\x04N.",
        b"\xff\xfe",
        b"[1]",
        b"[" * 100_000,
        b"7" * 10_000,
        json.dumps(OURS | {"f": "os.system"}).encode(),
        json.dumps(OURS | {"f": ["run_job"]}).encode(),
        json.dumps(OURS | {"a": ["; rm -rf /"]}).encode(),
        json.dumps(OURS | {"a": []}).encode(),
        json.dumps(OURS | {"a": [str(uuid4()), "more"]}).encode(),
        json.dumps(OURS | {"a": 5}).encode(),
        json.dumps(OURS | {"et": "yesterday"}).encode(),
        json.dumps(OURS | {"et": 10**30}).encode(),
        json.dumps(OURS | {"et": -(10**30)}).encode(),
    ],
)
def test_what_we_did_not_write_is_refused(foreign: bytes) -> None:
    """arq catches any Exception of its deserializer, and drops the ring."""
    with pytest.raises((ValueError, RecursionError)):
        deserialize(foreign)


def test_nothing_planted_beside_the_job_id_gets_through() -> None:
    planted = OURS | {"t": "many", "k": {"shell": True}, "extra": 1}

    assert deserialize(json.dumps(planted).encode()) == OURS
