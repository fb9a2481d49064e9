import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.pytest_process import run_pytest
from tests.waiting import is_gone, wait_until

# A server in a session of its own, as the tests' PostgreSQL is one.
WITH_A_SERVER = """
import os, signal, subprocess
from pathlib import Path

def test_hangs():
    server = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    {before}
    Path("pids.part").write_text(f"{{os.getpid()}} {{server.pid}}")
    Path("pids.part").rename("pids")
    try:
        while True:
            pass
    finally:
        server.terminate()
        server.wait()
"""


@pytest.fixture
def ignoring_interrupts() -> Iterator[None]:
    """As what a shell starts in the background, by nohup or not."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def ran(folder: Path, code: str, *, seconds: float | None = None) -> tuple[int | None, str]:
    (folder / "test_it.py").write_text(code)
    environ = dict(os.environ)
    return run_pytest(
        ["test_it.py"], folder=folder, environ=environ, seconds=seconds, end_seconds=2.0
    )


def hung(folder: Path, code: str) -> tuple[int | None, str]:
    """Pytest's end after it has come to the test that hangs, however slow the machine is."""
    for seconds in (3.0, 10.0, 60.0):
        outcome = ran(folder, code, seconds=seconds)
        if (folder / "pids").exists():
            return outcome
    raise AssertionError("pytest never came to its test")


def left_of(folder: Path) -> list[str]:
    pids = (folder / "pids").read_text().split()
    return [pid for pid in pids if not is_gone(int(pid))]


@pytest.mark.parametrize(("line", "status"), [("pass", 0), ("assert 0", 1), ("import ]", 2)])
def test_the_status_is_pytests_own(line: str, status: int, tmp_path: Path) -> None:
    done, said = ran(tmp_path, f"def test_it():\n    {line}\n")

    assert done == status
    assert "1 " in said


@pytest.mark.usefixtures("ignoring_interrupts")
def test_nothing_is_left_of_a_hang_where_interrupts_are_ignored(tmp_path: Path) -> None:
    assert hung(tmp_path, WITH_A_SERVER.format(before="pass")) == (None, "")
    # What is killed takes a moment to go; what is not stays for 1,000 seconds.
    wait_until(lambda: not left_of(tmp_path))


def test_nothing_is_left_of_a_test_that_does_not_hear_an_interrupt(tmp_path: Path) -> None:
    deaf = WITH_A_SERVER.format(before="signal.signal(signal.SIGINT, signal.SIG_IGN)")

    assert hung(tmp_path, deaf) == (None, "")
    wait_until(lambda: not left_of(tmp_path))


def test_nothing_is_left_when_somebody_interrupts_us(tmp_path: Path) -> None:
    def interrupt() -> None:
        wait_until((tmp_path / "pids").exists)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            ran(tmp_path, WITH_A_SERVER.format(before="pass"))
    finally:
        signal.signal(signal.SIGINT, before)

    wait_until(lambda: not left_of(tmp_path))
