"""The port to what an operator is shown. All raise DatabaseUnavailable, SchemaOutdated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from service.jobs.model import Status

# Of what has finished only the newest is counted: that takes no longer with every job there is.
FINISHED_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class JobFigures:
    """How many jobs there are, of whatever owner.

    oldest_pending_seconds: since the first of those that wait was accepted; 0 where none waits.
    finished: of the last FINISHED_SECONDS, by status and error code, which is empty without one.
    """

    pending: int = 0
    running: int = 0
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
