"""What happens to machines and to what connects them, beside what happens to processes."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.faults.history.nemesis import EXIT_SECONDS, Nemesis, Taken, Weighed
from tests.several.network import Machine

# In leases: always longer than one, so that whoever is cut off has lost its job.
CUT = (1.1, 2.0)
AWAY = (0.5, 2.0)


@dataclass(frozen=True)
class Links:
    """The machines of a run, by the addresses of what runs on them."""

    machines: Mapping[str, Machine]
    cut: set[str] = field(default_factory=set)

    def faults(self, *, database: str, queue: str, storage: str) -> dict[str, Weighed]:
        """As tests.faults.history.nemesis has them."""
        return {
            "database cut off": (2, self._cut(database)),
            "queue cut off": (2, self._cut(queue)),
            "storage cut off": (2, self._cut(storage)),
            "web cut off": (3, self._member_cut("webs", None)),
            "worker cut off": (4, self._member_cut("workers", None)),
            "worker's machine lost": (3, self._member_cut("workers", signal.SIGKILL)),
            "web's machine lost": (2, self._member_cut("webs", signal.SIGKILL)),
            "worker taken away": (4, _take_away),
            "worker added": (4, _add),
        }

    def _cut(self, address: str) -> Callable[[Nemesis], Awaitable[None]]:
        async def cut(nemesis: Nemesis) -> None:
            if address not in self.cut:
                async with self._cut_off(address, nemesis):
                    pass

        return cut

    def _member_cut(
        self, members: str, number: signal.Signals | None
    ) -> Callable[[Nemesis], Awaitable[None]]:
        async def cut(nemesis: Nemesis) -> None:
            with Taken(nemesis, getattr(nemesis.cluster, members)) as member:
                if member is None:
                    return
                async with self._cut_off(member.host, nemesis):
                    if number is not None:
                        # Nobody hears of its end.
                        member.is_away = True
                        member.send(number)
                member.is_away = False

        return cut

    @asynccontextmanager
    async def _cut_off(self, address: str, nemesis: Nemesis) -> AsyncIterator[None]:
        """For longer than a lease."""
        machine = self.machines[address]
        self.cut.add(address)
        await asyncio.to_thread(machine.cut)
        try:
            yield
            await asyncio.sleep(nemesis.seconds(*CUT))
        finally:
            await asyncio.to_thread(machine.heal)
            self.cut.discard(address)


async def _take_away(nemesis: Nemesis) -> None:
    with Taken(nemesis, nemesis.cluster.workers) as member:
        if member is not None:
            member.is_away = True
            await nemesis.cluster.end(member, limit_seconds=EXIT_SECONDS)
            await asyncio.sleep(nemesis.seconds(*AWAY))
            member.is_away = False


async def _add(nemesis: Nemesis) -> None:
    away = [member for member in nemesis.cluster.workers if member.is_away and not member.is_taken]
    for member in away[:1]:
        member.is_taken, member.is_away = True, False
        await asyncio.sleep(nemesis.seconds(1, 4))
        member.is_away = True
        await nemesis.cluster.end(member, limit_seconds=EXIT_SECONDS)
        member.is_taken = False
