import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

from service.launcher.errors import EmbeddedServersError
from service.launcher.programs import reachable_by_others
from service.launcher.servers_folder import open_temporary_folder, servers_folder


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A data folder in a place that only its owner may enter."""
    data = tmp_path / "closed" / "data"
    data.mkdir(parents=True)
    data.parent.chmod(0o700)
    return data


@pytest.fixture
def elsewhere(reachable_folder: Path) -> Path:
    return reachable_folder / "elsewhere"


@pytest.mark.usefixtures("as_root")
def test_a_folder_that_everybody_may_enter_is_used_itself(
    reachable_folder: Path, elsewhere: Path
) -> None:
    data = reachable_folder / "servers-data"

    assert servers_folder(data, elsewhere) == data


def test_whoever_is_not_root_runs_the_servers_where_they_are_asked_for(
    closed: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert servers_folder(closed, elsewhere) == closed


@pytest.mark.usefixtures("as_root")
def test_the_same_data_finds_the_same_folder_again(closed: Path, elsewhere: Path) -> None:
    first = servers_folder(closed, elsewhere)

    assert first.parent == elsewhere
    assert servers_folder(closed, elsewhere) == first


@pytest.mark.usefixtures("as_root")
def test_no_two_data_folders_share_one(closed: Path, elsewhere: Path) -> None:
    first = servers_folder(closed, elsewhere)
    copy = shutil.copytree(closed, closed.with_name("copy"))
    copied = servers_folder(copy, elsewhere)
    shutil.rmtree(closed)
    closed.mkdir()
    anew = servers_folder(closed, elsewhere)

    assert len({first, copied, anew}) == 3


@pytest.mark.usefixtures("as_root")
def test_what_was_put_elsewhere_is_found_when_the_data_is_opened_to_others(
    elsewhere: Path, reachable_folder: Path
) -> None:
    place = reachable_folder / "opened later"
    data = place / "data"
    data.mkdir(parents=True)
    place.chmod(0o700)
    first = servers_folder(data, elsewhere)

    place.chmod(0o755)

    assert servers_folder(data, elsewhere) == first


@pytest.mark.usefixtures("as_root")
def test_a_database_that_was_closed_to_its_server_is_not_replaced_by_an_empty_one(
    closed: Path, elsewhere: Path
) -> None:
    (closed / "postgres").mkdir()

    with pytest.raises(EmbeddedServersError, match=r"may not enter .* any more.*chmod o\+x"):
        servers_folder(closed, elsewhere)


@pytest.mark.usefixtures("as_root")
def test_when_all_is_closed_it_says_what_to_do(closed: Path, tmp_path: Path) -> None:
    with pytest.raises(EmbeddedServersError, match="--data"):
        servers_folder(closed, tmp_path / "closed" / "elsewhere")


def test_a_temporary_folder_can_be_entered_and_is_removed() -> None:
    with open_temporary_folder("forgesyte-tests-") as folder:
        (folder / "file").touch()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o755
        assert reachable_by_others(folder) or os.geteuid() != 0

    assert not folder.exists()


def test_a_closed_temporary_place_is_not_used_by_root(
    tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr("service.launcher.servers_folder.ELSEWHERE", elsewhere / "servers")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with open_temporary_folder("forgesyte-tests-") as folder:
        assert (folder.parent == tmp_path) is (os.geteuid() != 0)
