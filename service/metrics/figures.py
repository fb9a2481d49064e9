"""What all processes share: jobs, queue and storage, read once for many scrapes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config.failures import FailureCode
from service.errors import ServiceError
from service.jobs.model import Status
from service.jobs.operations.base import JobFigures
from service.services import Services

# However often the metrics are asked for, servers and disk are asked no oftener.
FRESH_SECONDS = 15.0
# A Prometheus waits for ten seconds.
READ_SECONDS = 4.0
BEFORE = float("-inf")

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was read; None where it could not be."""

    jobs: JobFigures | None = None
    queue_entries: int | None = None
    free_bytes: int | None = None


class SharedFigures(Collector):
    """Gives the figures of at most FRESH_SECONDS ago; none of a server that is away."""

    def __init__(self, *, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._fresh_seconds = fresh_seconds
        self._reading = asyncio.Lock()
        self._read_at = BEFORE
        self._figures = Figures()

    async def refresh(self, services: Services) -> None:
        """Read what is too old, unless that is being done: then wait for it."""
        async with self._reading:
            now = asyncio.get_running_loop().time()
            if now - self._read_at >= self._fresh_seconds:
                self._figures = await _read(services)
                self._read_at = now

    def collect(self) -> Iterable[Metric]:
        """See Collector: every family, with no sample of what could not be read."""
        figures = self._figures
        yield from _of_jobs(figures.jobs)
        yield _gauge(
            "forgesyte_queue_entries",
            "Wake-ups in Redis that no worker has taken; what waits is forgesyte_jobs",
            figures.queue_entries,
        )
        yield _gauge(
            "forgesyte_storage_free_bytes",
            "Bytes that the storage can still take",
            figures.free_bytes,
        )
        up = _by(
            "forgesyte_server_up",
            "1 where the `server`, database or queue, gave its figures, else 0",
            "server",
        )
        up.add_metric(["database"], figures.jobs is not None)
        up.add_metric(["queue"], figures.queue_entries is not None)
        yield up


def _of_jobs(jobs: JobFigures | None) -> Iterable[Metric]:
    unfinished = _by("forgesyte_jobs", "Jobs that have not finished, by `status`", "status")
    oldest = GaugeMetricFamily(
        "forgesyte_oldest_pending_seconds",
        "Since the first of the pending jobs was accepted; 0 without one",
    )
    finished = GaugeMetricFamily(
        "forgesyte_finished_jobs",
        "Jobs that finished in the last hour, by `status` and `error_code`",
        labels=["status", "error_code"],
    )
    workers = _gauge(
        "forgesyte_workers", "Workers that are alive", None if jobs is None else jobs.workers
    )
    if jobs is not None:
        unfinished.add_metric([Status.PENDING], jobs.pending)
        unfinished.add_metric([Status.RUNNING], jobs.running)
        oldest.add_metric([], jobs.oldest_pending_seconds)
        # Each that there may be: what is absent until it happens cannot be seen to rise.
        for status, code in ((Status.COMPLETED, ""), *((Status.FAILED, c) for c in FailureCode)):
            finished.add_metric([status, code], jobs.finished.get((status, code), 0))
    return unfinished, oldest, finished, workers


def _by(name: str, meaning: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, labels=[label])


def _gauge(name: str, meaning: str, value: float | None) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning)
    if value is not None:
        family.add_metric([], value)
    return family


async def _read(services: Services) -> Figures:
    jobs, queue_entries, free_bytes = await asyncio.gather(
        _unless_away("database", services.jobs.figures),
        _unless_away("queue", services.queue.size),
        _unless_away("storage", services.storage.free_bytes),
    )
    return Figures(jobs, queue_entries, free_bytes)


async def _unless_away(name: str, read: Callable[[], Awaitable[T]]) -> T | None:
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await read()
    except (ServiceError, OSError) as error:
        log.warning("no figures", extra={"of": name, "reason": str(error) or repr(error)})
        return None
