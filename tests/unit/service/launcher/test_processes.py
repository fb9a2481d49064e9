import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from service.launcher.errors import ProcessRefused
from service.launcher.processes import Processes, Surroundings
from tests.waiting import wait_until

WITH_A_CHILD = "sh -c 'sleep 1000 & echo child $!; wait'"


@pytest.fixture
def said() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def surroundings(tmp_path: Path, said: list[tuple[str, str]]) -> Surroundings:
    return Surroundings(
        environ={"PATH": os.environ["PATH"], "PORT": "8123"},
        folder=tmp_path,
        pids=tmp_path,
        say=lambda name, line: said.append((name, line)),
    )


@pytest.fixture
def start(surroundings: Surroundings) -> Iterator[Callable[[dict[str, str]], Processes]]:
    started: list[Processes] = []

    def start_lines(lines: dict[str, str]) -> Processes:
        processes = Processes(lines, surroundings)
        started.append(processes)
        processes.start()
        return processes

    yield start_lines
    for processes in started:
        processes.stop()


def test_what_a_process_writes_comes_with_its_name(start, said) -> None:
    start({"web": "sh -c 'echo port $PORT; exec sleep 1000'"})

    wait_until(lambda: ("web", "port 8123") in said)


def test_a_process_that_dies_is_started_again(start, said) -> None:
    processes = start({"worker": "sh -c 'echo started; exec sleep 1000'"})
    wait_until(lambda: ("worker", "started") in said)
    os.kill(processes.pid("worker"), signal.SIGKILL)

    def started_again() -> bool:
        processes.tend()
        return said.count(("worker", "started")) == 2

    wait_until(started_again)
    assert processes.deaths == 1
    assert ("worker", "ended by itself (SIGKILL); again in 1 s") in said


def test_a_process_that_cannot_run_as_things_are_is_not_started_again(start, said) -> None:
    """A wrong setting or a broken pipeline is told once, and mended by who reads it."""
    processes = start({"web": "sh -c 'echo web cannot start; exit 2'"})

    def is_refused() -> bool:
        try:
            processes.tend()
        except ProcessRefused:
            return True
        return False

    wait_until(is_refused)
    assert said == [("web", "web cannot start")]


def test_stopping_leaves_neither_a_process_nor_its_children(start, said) -> None:
    processes = start({"web": WITH_A_CHILD, "worker": WITH_A_CHILD})
    wait_until(lambda: len(said) == 2)
    pids = [processes.pid("web"), processes.pid("worker")]
    pids += [int(line.split()[1]) for _, line in said]

    processes.stop()

    wait_until(lambda: not any(_lives(pid) for pid in pids))


def test_processes_get_the_time_to_end_by_themselves(start, said) -> None:
    command = "trap 'echo handing back; exit 0' TERM; echo ready; while :; do sleep 0.01; done"
    processes = start({"worker": f'sh -c "{command}"'})
    wait_until(lambda: ("worker", "ready") in said)

    processes.stop()

    assert said[-1] == ("worker", "handing back")


def test_what_a_killed_launcher_left_is_ended_before_the_next_start(
    surroundings: Surroundings, said
) -> None:
    launcher = (
        "import sys, os, signal; from pathlib import Path\n"
        "from service.launcher.processes import Processes, Surroundings\n"
        "folder = Path(sys.argv[1])\n"
        "around = Surroundings(dict(os.environ), folder, folder, say=lambda name, line: None)\n"
        "Processes({'web': 'sleep 1000'}, around).start()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", launcher, str(surroundings.pids)], check=False)
    left = int((surroundings.pids / "web.pid").read_text().split()[0])
    assert _lives(left)

    Processes({"web": "sleep 1000"}, surroundings).end_left_behind()

    assert not _lives(left)


def test_a_stranger_with_a_reused_process_id_is_left_alone(surroundings: Surroundings) -> None:
    stranger = subprocess.Popen(["sleep", "1000"])
    (surroundings.pids / "web.pid").write_text(f"{stranger.pid} 12.5\n")

    processes = Processes({"web": "true"}, surroundings)
    processes.start()
    processes.stop()

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
