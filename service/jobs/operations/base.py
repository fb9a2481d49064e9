"""Ports to what an operator is shown. All raise DatabaseUnavailable, SchemaOutdated."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from service.jobs.model import Status

# Of what has finished only the newest is counted: that takes no longer with every job there is.
FINISHED_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class JobFigures:
    """How many jobs there are, of whatever owner, and workers that are alive.

    oldest_pending_seconds: since the first of those that wait was accepted; 0 where none waits.
    finished: of the last FINISHED_SECONDS, by status and error code, which is empty without one.
    """

    pending: int = 0
    running: int = 0
    workers: int = 0
    oldest_pending_seconds: float = 0.0
    finished: Mapping[tuple[Status, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConnectionFigures:
    """Connections to where jobs are kept: those in use, and how many there may be.

    waits: how often one was waited for no longer than so many seconds, up to infinity: always.
    """

    in_use: int = 0
    limit: int = 0
    waits: Mapping[float, int] = field(default_factory=lambda: {math.inf: 0})
    waited_seconds: float = 0.0


class JobCounting(Protocol):
    """Counts, whatever there is, in a moment."""

    async def figures(self) -> JobFigures:
        """The jobs there are now."""
        ...

    def connections(self) -> ConnectionFigures:
        """This process's connections now; never waits, nor raises."""
        ...


class Role(StrEnum):
    """What a process is there for."""

    WEB = "web"
    WORKER = "worker"


class ProcessPresence(Protocol):
    """Knows which processes are alive; a worker's name is the one that its leases carry."""

    async def announce(self, process: str, proof: UUID, *, role: Role, seconds: float) -> None:
        """Have a process count as alive for so long from now, by the database's clock.

        proof: names the file that it keeps in its storage.
        """
        ...

    async def retire(self, process: str) -> None:
        """Forget a process that ends."""
        ...

    async def live(self, role: Role) -> Mapping[str, UUID]:
        """The proof of each process of the role that is alive, by its name."""
        ...
