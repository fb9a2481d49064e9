"""Every order of operations on one job, and that a missing fence is found."""

import pytest

from service.jobs import postgres
from tests.faults.interleavings import Explored, connected, explore
from tests.faults.processes.steps import unfenced_queries


async def explored(url: str, *, max_attempts: int) -> Explored:
    async with connected(url) as connection:
        return await explore(connection, max_attempts=max_attempts, told=lambda _: None)


async def test_no_order_of_operations_breaks_a_promise(migrated_url: str) -> None:
    """P2, JOB-2, JOB-3."""
    found = await explored(migrated_url, max_attempts=3)

    assert found.violations == []
    assert found.states > 100


async def test_without_the_fence_some_orders_do(
    migrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "QUERIES", unfenced_queries())
    found = await explored(migrated_url, max_attempts=2)

    assert any("a write got past the fence" in violation for violation in found.violations)
    assert any("what has ended changed" in violation for violation in found.violations)
