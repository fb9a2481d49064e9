"""How late a loop is, as the watch of the benchmarks tells it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.measure import ROOT
from tests.benchmarks.processes.watched import PERIOD_SECONDS, lag

HELD_SECONDS = 0.3
PROGRAM = f"""
import asyncio, time

async def main():
    await asyncio.sleep(0.05)
    print(time.monotonic())
    time.sleep({HELD_SECONDS})
    print(time.monotonic())
    await asyncio.sleep(0.05)

asyncio.run(main())
raise SystemExit(7)
"""


@pytest.fixture
def held(tmp_path: Path) -> tuple[Path, float, float]:
    """The file of a program whose loop was held, and from when to when it was."""
    (tmp_path / "holding.py").write_text(PROGRAM)
    file = tmp_path / "holding.lag"
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.processes.watched", file, "holding"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    began, ended = map(float, done.stdout.split())
    return file, began, ended


def test_a_loop_that_is_held_is_late_for_all_that_was_due(held: tuple[Path, float, float]) -> None:
    file, began, ended = held
    first = lag(file, since=began, until=began + 2 * PERIOD_SECONDS)
    last = lag(file, since=ended - 2 * PERIOD_SECONDS, until=ended)

    assert first.longest_ms > 1000 * (HELD_SECONDS - 3 * PERIOD_SECONDS)
    assert last.longest_ms < first.longest_ms - 1000 * HELD_SECONDS / 2
