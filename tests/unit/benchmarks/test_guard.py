import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.guard import ROOT
from tests.waiting import is_gone, wait_until

# What a benchmark does, up to where it would measure: servers, web, and what a program starts.
BENCHMARK = """
import json, subprocess, sys, tempfile
from service.launcher.system import ended_by_signals
from tests.benchmarks.guard import leaving_nothing
from tests.benchmarks.systems import open_system
with ended_by_signals(), leaving_nothing() as folder, open_system() as (system, servers):
    sleeper = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    pids = [*servers.pids.values(), system.start_web().pid, sleeper.pid]
    print(json.dumps({"folder": str(folder), "pids": pids}), flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_benchmark_that_is_ended_leaves_neither_processes_nor_files(
    number: signal.Signals,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BENCHMARK],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as benchmark:
        said = json.loads(benchmark.stdout.readline())
        assert not any(map(is_gone, said["pids"]))
        assert Path(said["folder"]).is_dir()

        os.kill(benchmark.pid, number)

        wait_until(lambda: all(map(is_gone, said["pids"])), seconds=60)
        wait_until(lambda: not Path(said["folder"]).exists(), seconds=60)
        benchmark.wait(60)


def test_what_a_benchmark_does_not_know_of_is_ended_when_it_comes_to_its_end() -> None:
    program = (
        "import subprocess\n"
        "from tests.benchmarks.guard import leaving_nothing\n"
        "with leaving_nothing():\n"
        "    print(subprocess.Popen(['sleep', '1000'], start_new_session=True).pid)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, timeout=60
    )

    assert is_gone(int(done.stdout))
