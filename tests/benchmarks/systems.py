"""The real system for benchmarks: PostgreSQL, Redis, web and workers in a folder of their own."""

import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from service.jobs.migrate import migrate
from service.launcher.embedded import Servers, embedded_servers
from tests.system.harness import System, environ_for


@contextmanager
def open_system(*, repeats: str = "off") -> Iterator[tuple[System, Servers]]:
    """A migrated database and a Redis, and what starts web and workers; killed at the end.

    repeats: the setting; a benchmark that submits one video twice analyses it twice without.
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
            )
            system = System(folder, database_url, environ)
            try:
                yield system, servers
            finally:
                for running in system.started:
                    running.kill()


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many per cent of at least two values do not exceed."""
    return statistics.quantiles(values, n=100)[percent - 1]
