import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from service.launcher.embedded import embedded_servers
from service.launcher.errors import EmbeddedServersError
from tests.waiting import wait_until

LAUNCHER = """
import sys, threading
from pathlib import Path
from service.launcher.embedded import embedded_servers

with embedded_servers(Path(sys.argv[1])) as servers:
    print(servers.postgres_pid, servers.redis_pid, flush=True)
    threading.Event().wait()
"""


@pytest.fixture(scope="module")
def data(reachable_folder: Path) -> Path:
    return reachable_folder / "embedded"


@pytest.fixture
def launcher(data: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(data)], stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.wait()


def test_what_the_servers_hold_is_there_at_the_next_start(data: Path) -> None:
    with embedded_servers(data) as first:
        with psycopg.connect(first.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        redis.Redis.from_url(first.redis_url).set("kept", "42")

    with embedded_servers(data) as second:
        with psycopg.connect(second.database_url) as connection:
            row = connection.execute("SELECT answer FROM kept").fetchone()
        value = redis.Redis.from_url(second.redis_url).get("kept")

    assert (row, value) == ((42,), b"42")


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A place that only its owner may enter, as root's home is."""
    place = tmp_path / "private"
    place.mkdir(mode=0o700)
    return place


def test_a_private_data_folder_has_a_database_of_its_own(
    private: Path, reachable_folder: Path
) -> None:
    """As root the servers, which run as somebody else, keep what is theirs where they may."""
    elsewhere = reachable_folder / "elsewhere"
    first, second, copy = private / "first", private / "second", private / "copy"
    with embedded_servers(first, elsewhere=elsewhere) as servers:
        with psycopg.connect(servers.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        redis.Redis.from_url(servers.redis_url).set("kept", "42")
    shutil.copytree(first, copy, ignore=shutil.ignore_patterns("postgres", "redis", "programs"))

    held = []
    for data in (first, second, copy):
        with (
            embedded_servers(data, elsewhere=elsewhere) as servers,
            psycopg.connect(servers.database_url) as connection,
        ):
            table = connection.execute("SELECT to_regclass('kept')").fetchone()
            held.append((table, redis.Redis.from_url(servers.redis_url).get("kept")))

    assert held == [(("kept",), b"42"), ((None,), None), ((None,), None)]
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


def test_a_private_data_folder_is_used_by_one_at_a_time(
    private: Path, reachable_folder: Path
) -> None:
    elsewhere = reachable_folder / "elsewhere"
    with (
        embedded_servers(private, postgres=False, elsewhere=elsewhere),
        pytest.raises(EmbeddedServersError, match="in use"),
        embedded_servers(private, postgres=False, elsewhere=elsewhere),
    ):
        pass


def test_the_servers_end_with_the_block(data: Path) -> None:
    with embedded_servers(data) as servers:
        pids = [servers.postgres_pid, servers.redis_pid]
        family = [child for pid in pids for child in _family(pid)]

    assert not [process for process in family if _lives(process)]


def test_servers_of_a_killed_launcher_are_ended_by_the_next(
    data: Path, launcher: subprocess.Popen[str]
) -> None:
    left_behind = [
        process for pid in launcher.stdout.readline().split() for process in _family(pid)
    ]
    launcher.send_signal(signal.SIGKILL)
    launcher.wait()
    assert all(_lives(process) for process in left_behind)

    with embedded_servers(data) as servers, psycopg.connect(servers.database_url) as connection:
        connection.execute("SELECT 1")
        wait_until(lambda: not any(_lives(process) for process in left_behind))


def test_data_that_is_in_use_is_refused(data: Path, launcher: subprocess.Popen[str]) -> None:
    launcher.stdout.readline()

    with pytest.raises(EmbeddedServersError, match="in use"), embedded_servers(data):
        pass


def test_only_what_is_wanted_is_started(data: Path) -> None:
    with embedded_servers(data, postgres=False) as servers:
        assert servers.environ == {"REDIS_URL": servers.redis_url}
        assert servers.postgres_pid is None


def test_a_ctrl_c_of_the_terminal_does_not_reach_the_servers(data: Path) -> None:
    with embedded_servers(data) as servers:
        groups = {os.getpgid(servers.postgres_pid), os.getpgid(servers.redis_pid)}

    assert os.getpgid(0) not in groups


def test_passwords_are_needed_and_shown_to_nobody(data: Path) -> None:
    with embedded_servers(data) as servers:
        address = servers.database_url.rpartition("@")[2]
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"postgresql://forgesyte@{address}").close()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(f"redis://{servers.redis_url.rpartition('@')[2]}").ping()
        shown = [psutil.Process(pid).cmdline() for pid in (servers.postgres_pid, servers.redis_pid)]

    passwords = [data / "postgres.password", data / "redis.password"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in passwords} == {0o600}
    assert not [
        word for line in shown for word in line for path in passwords if path.read_text() in word
    ]


def test_a_wrong_password_file_is_named(data: Path) -> None:
    with embedded_servers(data, redis=False):
        pass
    right = (data / "postgres.password").read_text()
    (data / "postgres.password").write_text("wrong")

    with pytest.raises(EmbeddedServersError, match="password"), embedded_servers(data, redis=False):
        pass

    (data / "postgres.password").write_text(right)


def _family(pid: int | str) -> list[psutil.Process]:
    process = psutil.Process(int(pid))
    return [process, *process.children(recursive=True)]


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
