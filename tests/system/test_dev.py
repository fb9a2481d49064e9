import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from service.launcher.server_process import free_port
from tests.waiting import wait_until

START_SECONDS = 120.0


class Launched:
    """forgesyte dev, and the lines it has printed until now."""

    def __init__(self, data: Path, log: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self._log = log
        command = [sys.executable, "-m", "service.cli", "dev", f"--port={self.port}"]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, f"--data={data}"], stdout=output, stderr=subprocess.STDOUT
            )

    def lines(self) -> list[str]:
        return self._log.read_text().splitlines()

    def wait_for(self, text: str) -> None:
        def printed() -> bool:
            assert self.process.poll() is None, self.lines()
            return any(text in line for line in self.lines())

        wait_until(printed, seconds=START_SECONDS)

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture(scope="module")
def data(reachable_folder: Path) -> Path:
    return reachable_folder / "dev"


@pytest.fixture
def dev(data: Path, tmp_path: Path) -> Iterator[Launched]:
    launched = Launched(data, tmp_path / "dev.log")
    yield launched
    launched.process.terminate()
    launched.process.wait(60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_system_gets_ready_and_a_signal_leaves_no_process(
    dev: Launched, number: signal.Signals
) -> None:
    """WRK-2"""
    dev.wait_for(f"Ready: http://127.0.0.1:{dev.port}")
    family = dev.family()
    names = {Path(word).name for process in family for word in process.cmdline()}
    assert {"postgres", "redis-server", "service", "worker"} <= names | _servers(family)

    dev.process.send_signal(number)

    assert dev.process.wait(60) == 0
    assert not [process for process in family if _lives(process)]
    lines = dev.lines()
    [ready] = [number for number, line in enumerate(lines) if line.startswith("Ready: ")]
    assert [line for line in lines[:ready] if "worker ready" in line]
    assert [line for line in lines[ready:] if line.startswith("Ending: ")]


def test_a_process_that_is_killed_comes_back(dev: Launched) -> None:
    dev.wait_for("Ready: ")
    web = next(process for process in dev.family() if process.cmdline()[-2:] == ["-m", "service"])

    web.kill()

    dev.wait_for("ended by itself (SIGKILL)")
    wait_until(lambda: _is_live(dev.port), seconds=START_SECONDS)


def test_a_server_that_is_killed_ends_the_rest_and_is_named(dev: Launched) -> None:
    dev.wait_for("Ready: ")
    family = dev.family()

    next(process for process in family if process.name() == "redis-server").kill()

    assert dev.process.wait(60) == 1
    assert "Error: the embedded redis ended by itself" in dev.lines()[-1]
    assert not [process for process in family if _lives(process)]


def test_what_a_killed_launcher_left_makes_room_for_the_next(data: Path, tmp_path: Path) -> None:
    killed = Launched(data, tmp_path / "first.log")
    killed.wait_for("Ready: ")
    family = killed.family()
    killed.process.kill()
    killed.process.wait()

    # Its own web, which nobody has ended, still has the port.
    second = Launched(data, tmp_path / "second.log", port=killed.port)
    second.wait_for("Ready: ")
    left = [process for process in family if _lives(process)]
    second.process.terminate()

    assert second.process.wait(60) == 0
    assert left == []


def _servers(family: list[psutil.Process]) -> set[str]:
    return {process.name() for process in family}


def _is_live(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
