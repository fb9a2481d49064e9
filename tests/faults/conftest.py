"""Servers that may be killed: nobody else's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.servers import Pair, open_servers


@pytest.fixture(scope="module")
def own_servers(reachable_folder: Path) -> Iterator[Pair]:
    """A PostgreSQL and a Redis for the tests of one file."""
    with open_servers(reachable_folder / "faults") as servers:
        yield servers
