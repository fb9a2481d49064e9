import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from config.settings import SettingsError
from service.launcher.errors import CannotStart, EmbeddedServersError
from service.launcher.programs import reachable_by_others
from service.launcher.server_process import free_port
from service.launcher.system import running_system


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


ELSEWHERE = {"DATABASE_URL": "postgresql://nowhere/none", "REDIS_URL": "redis://nowhere"}


def test_a_taken_port_is_refused_before_the_system_starts(taken_port: int, tmp_path: Path) -> None:
    """Ours has made room by then, and a folder in use is told of first."""
    data = tmp_path / "data"
    system = running_system(data, port=taken_port, environ=ELSEWHERE, say=_nobody_listens)

    with pytest.raises(CannotStart, match=f"port {taken_port}.*--port"), system:
        pass

    assert not list(data.glob("*.pid"))


def test_a_data_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    data = tmp_path / "file" / "data"
    system = running_system(data, port=free_port(), environ=ELSEWHERE, say=_nobody_listens)

    with pytest.raises(EmbeddedServersError, match=r"Not a directory.*--data"), system:
        pass


def test_servers_that_may_not_enter_the_data_folder_say_in_one_line_where_they_went(
    tmp_path: Path, reachable_folder: Path
) -> None:
    said: list[str] = []
    elsewhere = reachable_folder / f"elsewhere-{uuid4().hex}"
    tmp_path.chmod(0o700)
    system = running_system(
        tmp_path / "data",
        port=free_port(),
        # Refused when the servers run, and before anything else is started.
        environ={"FORGESYTE_LEASE_SECONDS": "0"},
        say=lambda _name, line: said.append(line),
        elsewhere=elsewhere,
    )

    with pytest.raises(SettingsError), system:
        pass

    moved = list(elsewhere.iterdir()) if os.geteuid() == 0 else []
    assert [str(folder) in line for folder, line in zip(moved, said, strict=True)] == [True] * len(
        moved
    )


def test_a_free_port_can_be_bound() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert server.getsockname()[1] > 0


def test_a_folder_within_a_closed_one_is_not_reachable_by_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    assert not reachable_by_others(closed / "data")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_a_folder_that_everybody_may_enter_is_reachable(reachable_folder: Path) -> None:
    assert reachable_by_others(reachable_folder / "not" / "there" / "yet")


def _nobody_listens(_name: str, _line: str) -> None:
    pass
