"""The real system for benchmarks: PostgreSQL, Redis, web and workers in a folder of their own."""

import http.client
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from service.jobs.migrate import migrate
from service.launcher.embedded import Servers, embedded_servers
from tests.benchmarks.programs import Void
from tests.system.harness import System, environ_for


@contextmanager
def open_system(*, repeats: str = "off", **changes: str) -> Iterator[tuple[System, Servers]]:
    """A migrated database and a Redis, and what starts web and workers; killed at the end.

    repeats: the setting; a benchmark that submits one video twice analyses it twice without.
    changes: other settings.
    """
    with tempfile.TemporaryDirectory(prefix="forgesyte-bench-") as name:
        folder = Path(name)
        # The servers run as an unprivileged user.
        folder.chmod(0o755)
        with embedded_servers(folder / "data") as servers:
            database_url, redis_url = str(servers.database_url), str(servers.redis_url)
            migrate(database_url)
            environ = environ_for(
                folder,
                database_url=database_url,
                redis_url=redis_url,
                log_format="json",
                repeats=repeats,
                **changes,
            )
            system = System(folder, database_url, environ)
            try:
                yield system, servers
            finally:
                for running in system.started:
                    running.kill()


def ask(system: System, query: str) -> list[tuple[Any, ...]]:
    """The rows that a statement gives, if it gives any."""
    with psycopg.connect(system.database_url) as connection:
        answer = connection.execute(query)
        return answer.fetchall() if answer.description else []


def answer_ms(connection: http.client.HTTPConnection, path: str) -> float:
    """Milliseconds until a path was answered; raises Void where the answer is no good one."""
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    if answer.status != http.HTTPStatus.OK:
        raise Void(f"{path}: {answer.status}")
    return (time.perf_counter() - began) * 1000


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many per cent of at least two values do not exceed."""
    return statistics.quantiles(values, n=100)[percent - 1]
