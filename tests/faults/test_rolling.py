"""Rolling restarts in short; see tests.faults.rolling."""

from pathlib import Path

import pytest

from tests.faults.rolling import roll
from tests.faults.servers import Pair


@pytest.mark.timeout(600)
async def test_a_rolling_restart_under_load_costs_nobody_anything(
    own_servers: Pair, tmp_path: Path
) -> None:
    """P1, P7: every submission is answered, every job completes, and no attempt is spent."""
    rolled = await roll(own_servers, tmp_path / "system", rounds=1, webs=2, workers=2)

    assert list(rolled.broken()) == []
    assert (rolled.replaced, len(rolled.ends)) == (4, 4)
    assert rolled.answers
