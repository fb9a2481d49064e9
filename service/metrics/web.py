"""What the web process counts."""

from prometheus_client import Counter, Histogram

from service.metrics.figures import SharedFigures
from service.metrics.process import ProcessMetrics

REQUEST_BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class WebMetrics(ProcessMetrics):
    """The registry of a web process, and what is counted into it."""

    def __init__(self) -> None:
        super().__init__()
        self.figures = SharedFigures()
        self.registry.register(self.figures)
        self._requests = Counter(
            "forgesyte_http_requests",
            "Requests, by `method` and `route` as they are documented (other: nothing is served "
            "there) and `status`; aborted: the response was not sent to its end",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "forgesyte_http_request_seconds",
            "How long they took, uploads and downloads included, by `method` and `route`",
            ["method", "route"],
            buckets=REQUEST_BUCKETS_SECONDS,
            registry=self.registry,
        )

    def count_request(self, *, method: str, route: str, status: str, seconds: float) -> None:
        """Count a request; method and route have to be of those that are served."""
        self._requests.labels(method, route, status).inc()
        self._request_seconds.labels(method, route).observe(seconds)
