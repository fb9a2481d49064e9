import subprocess
import sys
from pathlib import Path

import pytest

from service.__main__ import CANNOT_START, SHUTDOWN_SECONDS
from tests.deploy.files import DEPLOY, UNITS, procfile, unit
from worker.main import LAST_SECONDS, Shutdown

BIN = "/opt/forgesyte/bin"
# What keeps a unit out of the rest of the machine, in systemd's own measure from 0 (shut in) to 10.
EXPOSED = "25"
OF_PROCESS = {
    "release": DEPLOY / "systemd" / "forgesyte-migrate.service",
    "web": DEPLOY / "systemd" / "forgesyte-web.service",
    "worker": DEPLOY / "systemd" / "forgesyte-worker@.service",
}
SERVING = [OF_PROCESS["web"], OF_PROCESS["worker"]]


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


def test_systemd_has_nothing_to_say_about_them(tmp_path: Path) -> None:
    for path in UNITS:
        text = path.read_text()
        (tmp_path / path.name).write_text(text.replace(BIN, str(Path(sys.executable).parent)))

    done = analyze("verify", *sorted(tmp_path.iterdir()))

    assert (done.stderr, done.returncode) == ("", 0)


def test_a_misspelt_key_would_be_noticed(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.service"
    wrong.write_text("[Service]\nExecStart=/bin/true\nRestartSecs=2\n")

    assert "RestartSecs" in analyze("verify", wrong).stderr


@pytest.mark.parametrize("path", SERVING, ids=lambda path: path.stem)
def test_a_unit_sees_little_of_the_machine(path: Path) -> None:
    done = analyze("security", "--offline=true", f"--threshold={EXPOSED}", path)

    assert done.returncode == 0, done.stdout


def test_there_is_one_for_each_process_which_runs_what_the_procfile_says() -> None:
    runs = {name: unit(path)["Service"]["ExecStart"] for name, path in OF_PROCESS.items()}

    assert sorted(OF_PROCESS.values()) == UNITS
    assert runs == {name: f"{BIN}/{command}" for name, command in procfile().items()}


@pytest.mark.parametrize("path", SERVING, ids=lambda path: path.stem)
def test_it_comes_after_the_schema_and_again_after_each_change_of_it(path: Path) -> None:
    about = unit(path)["Unit"]

    assert about["Wants"] == about["PartOf"] == "forgesyte-migrate.service"
    assert "forgesyte-migrate.service" in about["After"].split()


@pytest.mark.parametrize("path", SERVING, ids=lambda path: path.stem)
def test_it_is_started_again_but_not_with_a_setting_that_is_wrong(path: Path) -> None:
    service = unit(path)["Service"]

    assert service["Restart"] == "on-failure"
    assert int(service["RestartPreventExitStatus"]) == CANNOT_START
    assert unit(path)["Unit"]["StartLimitIntervalSec"] == "0"


def test_what_is_stopped_has_time_to_end() -> None:
    web, worker = (int(unit(path)["Service"]["TimeoutStopSec"]) for path in SERVING)

    assert web > SHUTDOWN_SECONDS
    assert worker > Shutdown().exit_seconds + LAST_SECONDS


def test_a_worker_alone_is_told_to_stop_and_not_its_pipeline() -> None:
    assert unit(OF_PROCESS["worker"])["Service"]["KillMode"] == "mixed"


def test_all_read_one_file_of_variables_and_run_as_one_user() -> None:
    services = [unit(path)["Service"] for path in UNITS]

    assert {(each["EnvironmentFile"], each["User"]) for each in services} == {
        ("/etc/forgesyte.env", "forgesyte")
    }
