import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from arq.connections import ArqRedis
from arq.utils import timestamp_ms
from fakeredis import FakeServer

from service.errors import QueueUnavailable
from service.queue.arq import (
    FUNCTION_NAME,
    QUEUE_NAME,
    ArqQueue,
    deserialize,
    open_arq_queue,
    serialize,
)
from tests.queues import arq_on

JOB_ID = UUID("5f0c8f9e-3c43-4a55-9d4b-0a6a3f6f2d11")
OURS = {"t": None, "f": FUNCTION_NAME, "a": [str(JOB_ID)], "k": {}, "et": 1_700_000_000_000}
MINUTE_MS = 60_000


@pytest.fixture
async def redis(fake_redis: FakeServer) -> AsyncIterator[ArqRedis]:
    async with arq_on(fake_redis) as opened:
        yield opened


async def test_a_call_carries_the_job_id_and_nothing_else(redis: ArqRedis) -> None:
    """QUE-1."""
    await ArqQueue(redis).enqueue(JOB_ID)

    (call,) = await redis.queued_jobs()
    assert (call.function, call.args, call.kwargs) == (FUNCTION_NAME, [str(JOB_ID)], {})


async def test_a_queue_nobody_answers_keeps_the_last_minute_and_no_more(redis: ArqRedis) -> None:
    """Workers that are at work for days look at the rows, never at what piles up here."""
    long_ago_ms = timestamp_ms() - 10 * MINUTE_MS
    await redis.zadd(QUEUE_NAME, {"old": long_ago_ms, "recent": timestamp_ms()})

    await ArqQueue(redis).enqueue(JOB_ID)

    left = await redis.zrange(QUEUE_NAME, 0, -1)
    assert len(left) == 2
    assert b"old" not in left


async def test_a_call_that_is_never_taken_goes_by_itself(redis: ArqRedis) -> None:
    await ArqQueue(redis).enqueue(JOB_ID)

    (key,) = await redis.keys("arq:job:*")
    assert MINUTE_MS < await redis.pttl(key) <= 60 * MINUTE_MS


async def test_a_queue_opens_without_redis_and_says_that_it_is_away(tmp_path: Path) -> None:
    async with open_arq_queue(f"unix://{tmp_path}/nobody.sock") as queue:
        with pytest.raises(QueueUnavailable, match=r"nobody\.sock"):
            await queue.enqueue(JOB_ID)
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
    """arq catches any Exception of its deserializer, and drops the entry."""
    with pytest.raises((ValueError, RecursionError)):
        deserialize(foreign)


def test_nothing_planted_beside_the_job_id_gets_through() -> None:
    planted = OURS | {"t": "many", "k": {"shell": True}, "extra": 1}

    assert deserialize(json.dumps(planted).encode()) == OURS
