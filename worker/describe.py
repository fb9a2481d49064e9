"""What web and worker count, as JSON for the documents: `python -m worker.describe`."""

import json
import sys
from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from service.metrics.web import WebMetrics
from worker.metrics import WorkerMetrics

# Of every program that uses the library; its documentation has them.
FOREIGN = "process_"


def describe() -> list[dict[str, str]]:
    """Each metric's name as it is served, its type, its meaning, and which processes serve it."""
    of_web, of_worker = dict(_metrics(WebMetrics())), dict(_metrics(WorkerMetrics()))
    return [
        {
            "name": name,
            "of": " and ".join(
                process
                for process, metrics in (("web", of_web), ("worker", of_worker))
                if name in metrics
            ),
            "type": metric.type,
            "meaning": metric.documentation,
        }
        for name, metric in {**of_web, **of_worker}.items()
    ]


def _metrics(metrics: WebMetrics | WorkerMetrics) -> Iterator[tuple[str, Metric]]:
    for metric in metrics.registry.collect():
        if not metric.name.startswith(FOREIGN):
            yield metric.name + ("_total" if metric.type == "counter" else ""), metric


if __name__ == "__main__":
    json.dump(describe(), sys.stdout, indent=2)
