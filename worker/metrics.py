"""What a worker counts."""

import signal
from collections.abc import Mapping
from functools import cache

from prometheus_client import Counter

from config.failures import FailureCode
from config.graph import load_pipelines
from service.metrics.process import ProcessMetrics

DECODE = "decode"
_SIGNALS = {number.value: number.name for number in signal.Signals}


class WorkerMetrics(ProcessMetrics):
    """The registry of a worker; every method may be called from any thread."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = self._counter("attempts_begun", "Attempts at a job that this worker began")
        self._ended = self._counter(
            "attempts_ended",
            "Attempts that ended, by `outcome` (completed, failed, crashed: pending again, "
            "interrupted: pending again, lease_lost: deleted meanwhile, or another worker's) and "
            "the `error_code` of those that failed or crashed",
            "outcome",
            "error_code",
        )
        self._idle_claims = self._counter(
            "idle_poll_claims", "Jobs found by the poll of an idle worker: no wake-up had come"
        )
        self._exits = self._counter(
            "pipeline_exits",
            "Pipeline processes that ended by themselves, by `how`: a signal, or exit",
            "how",
        )
        self._stage_seconds = self._counter(
            "stage_seconds",
            "Seconds that each `stage` worked on videos that were analysed to their end; stages "
            "work at the same time",
            "stage",
        )
        self._frames = self._counter(
            "frames_analysed", "Frames analysed; their rate is the frames a second"
        )

    def attempt_begun(self) -> None:
        """Count a claimed job that is run."""
        self._begun.inc()

    def attempt_ended(self, outcome: str, code: FailureCode | None = None) -> None:
        """Count how an attempt ended; outcome is one of those documented above."""
        self._ended.labels(outcome, code or "").inc()

    def idle_claim(self) -> None:
        """Count a job that nobody had called for."""
        self._idle_claims.inc()

    def pipeline_exited(self, returncode: int) -> None:
        """Count the end of a pipeline process that nobody ended."""
        self._exits.labels(_SIGNALS.get(-returncode, "exit")).inc()

    def stages_worked(self, seconds: Mapping[str, float]) -> None:
        """Add what the stages of a video took; names that no pipeline has are left out."""
        for stage in _stages() & seconds.keys():
            self._stage_seconds.labels(stage).inc(seconds[stage])

    def frames_analysed(self, count: int) -> None:
        """Add frames."""
        self._frames.inc(count)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"forgesyte_{name}", meaning, labels, registry=self.registry)


@cache
def _stages() -> frozenset[str]:
    nodes = (node.id for graph in load_pipelines().values() for node in graph.nodes)
    return frozenset({DECODE, *nodes})
