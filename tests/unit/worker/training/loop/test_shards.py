"""Shards are made ahead, in order, and their makers end with who asked for them."""

import functools
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from worker.training.loop.shards import Shards

# A training that asks for one shard and is killed; prints which process made it.
KILLED = """
import functools, os, signal, sys
from pathlib import Path
from tests.unit.worker.training.loop.test_shards import written
from worker.training.loop.shards import Shards

if __name__ == "__main__":
    shards = Shards(functools.partial(written, Path(sys.argv[1])), processes=1, ahead=0)
    print(shards.fetch(0, last=0).read_text(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def written(folder, number):
    file = folder / f"{number}.txt"
    file.write_text(str(os.getpid()))
    return file


@pytest.fixture
def shards(tmp_path):
    opened = Shards(functools.partial(written, tmp_path), processes=1, ahead=2)
    yield opened
    opened.close()


def test_a_shard_is_made_by_another_process_and_some_more_ahead_of_it(shards, tmp_path):
    file = shards.fetch(3, last=9)
    shards.fetch(4, last=9)

    assert file == tmp_path / "3.txt"
    assert file.read_text() != str(os.getpid())
    assert not (tmp_path / "2.txt").exists()
    assert not (tmp_path / "7.txt").exists()


def test_no_shard_is_made_beyond_the_last(shards, tmp_path):
    for number in (0, 1):
        shards.fetch(number, last=1)

    assert {file.name for file in tmp_path.iterdir()} == {"0.txt", "1.txt"}


def test_makers_end_with_a_training_that_is_killed(tmp_path):
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    killed = subprocess.run(
        [sys.executable, script, tmp_path],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    maker = int(killed.stdout)
    if psutil.pid_exists(maker):
        psutil.Process(maker).wait(timeout=30)
    assert not psutil.pid_exists(maker)
