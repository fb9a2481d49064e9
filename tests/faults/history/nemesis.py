"""What happens to a cluster while clients use it: a seed decides what, to whom and when."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg
import redis

from service.queue.arq import QUEUE_NAME
from tests.faults.history.cluster import Cluster, Member
from tests.faults.processes.steps import PLACES
from tests.faults.servers import Server
from tests.waiting import until

# From SIGTERM on; see P7.
EXIT_SECONDS = 25.0
# When nothing has ended for so long, the next fault comes all the same.
PATIENCE_SECONDS = 15.0
TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


# How often a fault happens beside the others, and what it does.
Weighed = tuple[int, Callable[["Nemesis"], Awaitable[None]]]


@dataclass
class Nemesis:
    """Lets faults happen, several at once, none to a process at which another one is."""

    cluster: Cluster
    rng: random.Random
    lease_seconds: float
    # Between one fault and the next: seconds, at most, and jobs that end, on average.
    pause_seconds: float
    jobs_a_fault: float
    faults: Sequence[str]
    # How many jobs have ended by now.
    ended: Callable[[], int]
    # Those there are, by their names.
    known: Mapping[str, Weighed]
    happened: Counter[str] = field(default_factory=Counter)

    async def rage(self) -> None:
        """Until cancelled; what is under way then is brought to its end."""
        under_way: set[asyncio.Task[None]] = set()
        weights = [self.known[name][0] for name in self.faults]
        try:
            while True:
                [name] = self.rng.choices(self.faults, weights)
                self.happened[name] += 1
                task = asyncio.create_task(self.known[name][1](self))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                await self._pause()
        finally:
            await asyncio.gather(*under_way)
            await asyncio.to_thread(self.cluster.mend)

    async def _pause(self) -> None:
        """By the jobs that end: a slow machine's meet as many faults as those of a fast one.

        By seconds alone each would be hit so often on a slow one that hardly any came to its end.
        """
        enough = self.ended() + self.rng.uniform(0, 2 * self.jobs_a_fault)
        await asyncio.sleep(self.rng.uniform(0.1, self.pause_seconds))
        with suppress(AssertionError):
            await until(lambda: self.ended() >= enough, seconds=PATIENCE_SECONDS)

    def seconds(self, shortest: float, longest: float) -> float:
        """In leases, how long a fault lasts."""
        return self.lease_seconds * self.rng.uniform(shortest, longest)


class Taken:
    """A member of some, at which no other fault is; None when there is none.

    ends: it is to be one that may be ended.
    """

    def __init__(self, nemesis: Nemesis, members: Sequence[Member], *, ends: bool = False) -> None:
        free = [
            member
            for member in members
            if member.pid and not (member.is_taken or (ends and member.is_lasting))
        ]
        self._member = nemesis.rng.choice(free) if free else None

    def __enter__(self) -> Member | None:
        if self._member is not None:
            self._member.is_taken = True
        return self._member

    def __exit__(self, *_: object) -> None:
        if self._member is not None:
            self._member.is_taken = False


def _killed(members: str) -> Callable[[Nemesis], Awaitable[None]]:
    async def kill(nemesis: Nemesis) -> None:
        with Taken(nemesis, getattr(nemesis.cluster, members), ends=True) as member:
            if member is not None:
                member.send(signal.SIGKILL)

    return kill


def _paused(members: str, shortest: float, longest: float) -> Callable[[Nemesis], Awaitable[None]]:
    async def pause(nemesis: Nemesis) -> None:
        with Taken(nemesis, getattr(nemesis.cluster, members)) as member:
            if member is not None:
                member.send(signal.SIGSTOP)
                await asyncio.sleep(nemesis.seconds(shortest, longest))
                member.send(signal.SIGCONT)

    return pause


def _restarted(members: str) -> Callable[[Nemesis], Awaitable[None]]:
    async def restart(nemesis: Nemesis) -> None:
        with Taken(nemesis, getattr(nemesis.cluster, members), ends=True) as member:
            if member is not None:
                await nemesis.cluster.end(member, limit_seconds=EXIT_SECONDS)

    return restart


async def _kill_a_child(nemesis: Nemesis) -> None:
    mortal = [member for member in nemesis.cluster.workers if not member.is_lasting]
    await _signal_a_child(nemesis, mortal, nemesis.rng.choice((signal.SIGKILL, signal.SIGSEGV)))


async def _pause_a_child(nemesis: Nemesis) -> None:
    for number in (signal.SIGSTOP, signal.SIGCONT):
        await _signal_a_child(nemesis, nemesis.cluster.workers, number)
        await asyncio.sleep(nemesis.seconds(0.2, 0.5))


async def _signal_a_child(
    nemesis: Nemesis, members: Sequence[Member], number: signal.Signals
) -> None:
    for member in nemesis.rng.sample(members, len(members)):
        for pid in member.family():
            # It may have ended since.
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            if number is not signal.SIGCONT:
                return


async def _arm_a_place(nemesis: Nemesis) -> None:
    (nemesis.cluster.places / nemesis.rng.choice(PLACES)).touch()


async def _terminate_backends(nemesis: Nemesis) -> None:
    def terminate() -> None:
        with suppress(psycopg.Error), psycopg.connect(nemesis.cluster.database_url) as connection:
            connection.execute(TERMINATE)

    await asyncio.to_thread(terminate)


def _stopped(server: str, number: signal.Signals) -> Callable[[Nemesis], Awaitable[None]]:
    async def stop(nemesis: Nemesis) -> None:
        stopped: Server = getattr(nemesis.cluster.servers, server)
        if not stopped.pid:
            return
        await asyncio.to_thread(stopped.stop, number)
        await asyncio.sleep(nemesis.seconds(0, 0.7))
        await asyncio.to_thread(stopped.start)

    return stop


def _told(tell: Callable[[redis.Redis, Nemesis], object]) -> Callable[[Nemesis], Awaitable[None]]:
    """A fault that Redis is asked for."""

    async def ask(nemesis: Nemesis) -> None:
        def ask_redis() -> None:
            url = nemesis.cluster.servers.redis.url
            with (
                suppress(redis.RedisError),
                redis.Redis.from_url(url, socket_timeout=1) as client,
            ):
                tell(client, nemesis)

        await asyncio.to_thread(ask_redis)

    return ask


def _plant_junk(client: redis.Redis, nemesis: Nemesis) -> None:
    name = nemesis.rng.randbytes(8)
    client.set(b"arq:job:" + name, nemesis.rng.randbytes(40))
    client.zadd(QUEUE_NAME, {name: 0})


FAULTS: dict[str, Weighed] = {
    "worker killed": (5, _killed("workers")),
    "worker paused": (4, _paused("workers", 0.3, 2.0)),
    "worker restarted": (4, _restarted("workers")),
    "child killed": (4, _kill_a_child),
    "child paused": (2, _pause_a_child),
    "web killed": (4, _killed("webs")),
    "web paused": (2, _paused("webs", 0.1, 0.7)),
    "web restarted": (3, _restarted("webs")),
    "killed at a place": (10, _arm_a_place),
    "backends terminated": (3, _terminate_backends),
    "postgres stopped at once": (1, _stopped("postgres", signal.SIGQUIT)),
    "redis killed": (1, _stopped("redis", signal.SIGKILL)),
    "redis emptied": (2, _told(lambda client, _: client.flushall())),
    "redis paused": (
        2,
        _told(lambda client, nemesis: client.client_pause(int(1000 * nemesis.seconds(0.3, 1)))),
    ),
    "junk in the queue": (1, _told(_plant_junk)),
}
