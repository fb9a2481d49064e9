"""Ports to what an operator is shown. All raise DatabaseUnavailable, SchemaOutdated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """Connections to where jobs are kept: those in use, and how many there may be."""

    in_use: int = 0
    limit: int = 0


class JobCounting(Protocol):
    """Counts, whatever there is, in a moment."""

    async def figures(self) -> JobFigures:
        """The jobs there are now."""
        ...

    def connections(self) -> ConnectionFigures:
        """This process's connections now; never waits, nor raises."""
        ...


class WorkerPresence(Protocol):
    """Knows which workers are alive, by the names that their leases carry."""

    async def announce(self, worker: str, proof: UUID, *, seconds: float) -> None:
        """Have a worker count as alive for so long from now, by the database's clock.

        proof: names the file that it keeps in its storage.
        """
        ...

    async def retire(self, worker: str) -> None:
        """Forget a worker that ends."""
        ...

    async def live_workers(self) -> Mapping[str, UUID]:
        """The proof of each worker that is alive."""
        ...
