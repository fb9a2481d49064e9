"""What web and worker both count."""

import asyncio
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from service.dispatch.recovery import RecoveryHealth
from service.jobs.operations.base import ConnectionFigures, JobCounting

LAG_PERIOD_SECONDS = 0.25
LAG_BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)


class ProcessMetrics:
    """A registry of its own for each process; recovery is what its recovery reports to."""

    def __init__(self) -> None:
        # A second series for each, with the time when it began, that nobody asks for.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.recovery = RecoveryHealth()
        self._connections = _Connections()
        ProcessCollector(registry=self.registry)
        self.registry.register(_Recovered(self.recovery))
        self.registry.register(self._connections)
        self.loop_lag_seconds = Histogram(
            "forgesyte_loop_lag_seconds",
            "How late the event loop comes to what is due, looked at four times a second",
            buckets=LAG_BUCKETS_SECONDS,
            registry=self.registry,
        )

    def show_connections(self, jobs: JobCounting) -> None:
        """Show from now on the connections that these jobs are read and written over."""
        self._connections.jobs = jobs

    async def watch_loop(self) -> None:
        """Observe the loop's lag until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_PERIOD_SECONDS
            await asyncio.sleep(LAG_PERIOD_SECONDS)
            self.loop_lag_seconds.observe(max(0.0, loop.time() - due))


class _Recovered(Collector):
    def __init__(self, health: RecoveryHealth) -> None:
        self._health = health

    def collect(self) -> Iterable[Metric]:
        jobs = CounterMetricFamily(
            "forgesyte_recovered_jobs",
            "Jobs with an expired lease that this process found, by `outcome`: requeued, or failed "
            "as worker_lost",
            labels=["outcome"],
        )
        jobs.add_metric(["requeued"], self._health.requeued)
        jobs.add_metric(["failed"], self._health.failed)
        yield jobs
        passed_at = self._health.last_pass_at
        yield GaugeMetricFamily(
            "forgesyte_recovery_pass_timestamp_seconds",
            "When this process's last good recovery pass was; 0 before the first",
            value=passed_at.timestamp() if passed_at else 0.0,
        )


class _Connections(Collector):
    def __init__(self) -> None:
        self.jobs: JobCounting | None = None

    def collect(self) -> Iterable[Metric]:
        figures = self.jobs.connections() if self.jobs else ConnectionFigures()
        connections = GaugeMetricFamily(
            "forgesyte_database_connections",
            "Connections of this process that jobs are read and written over, by `state`: in use, "
            "and the limit at which others wait",
            labels=["state"],
        )
        connections.add_metric(["in_use"], figures.in_use)
        connections.add_metric(["limit"], figures.limit)
        yield connections
        waits = [(_bound(seconds), count) for seconds, count in figures.waits.items()]
        yield HistogramMetricFamily(
            "forgesyte_database_connection_wait_seconds",
            "How long one of these connections was waited for, be it that all were in use, that "
            "one had to be made, or in vain",
            buckets=waits,
            sum_value=figures.waited_seconds,
        )


def _bound(seconds: float) -> str:
    return str(floatToGoString(seconds))  # type: ignore[no-untyped-call]
