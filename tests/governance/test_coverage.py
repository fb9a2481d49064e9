"""TST-1: the coverage of all the tests is measured, and has to be 90 %.

That of processes too, where the tests of whole systems start them.
"""

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MEASURE, MEASURED_PROCESSES
from tests.governance.workflow import ROOT
from tests.unit.governance.scanner.test_scan import environ, repository

# The launcher's commands, and the launcher itself.
LAUNCHER = ["service/cli/local/demo.py", "service/cli/local/dev.py", "service/launcher/*"]
PACKAGES = {f"{name}/__init__.py": "" for name in ("config", "governance", "service", "worker")}
# Ends by SIGTERM, as web and worker do; every line was begun when it is first heard of.
CHILD = "import time\n\nwhile True:\n    print('serving', flush=True); time.sleep(0.01)\n"
STARTS_IT = (
    "import os, subprocess, sys\n\n\n"
    "def test_it_serves():\n"
    "    command = [sys.executable, '-m', 'service.child']\n"
    "    elsewhere = {'cwd': '/', 'env': os.environ | {'PYTHONPATH': os.getcwd()}}\n"
    "    with subprocess.Popen(command, stdout=subprocess.PIPE, **elsewhere) as child:\n"
    "        assert child.stdout.readline()\n"
    "        child.terminate()\n"
)
PASSES_IT_BY = "import config\n\n\ndef test_nothing():\n    pass\n"


def settings() -> dict[str, dict[str, Any]]:
    """What pyproject.toml says of the measurement."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage"]


def last_command(*arguments: str) -> str:
    """What make would do at last; -o: whatever is installed."""
    command = ["make", "--no-print-directory", "-n", "-o", ".venv/.installed", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[-1]


def measured(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    """The last command of `make test` in a project of one module, under this project's settings."""
    files = {
        "service/child.py": CHILD,
        "service/cli/__init__.py": "",
        "service/cli/local/demo.py": "raise SystemExit\n",
        "tests/test_child.py": test,
        "pyproject.toml": (ROOT / "pyproject.toml").read_text(),
    }
    arguments = last_command("test", "PARALLEL=-n 1 --dist loadfile").split()[1:-1]
    # Ours measures itself, not what it starts here.
    apart = {name: value for name, value in environ().items() if not name.startswith("COVERAGE_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=repository(folder, PACKAGES | files),
        env=apart,
        check=False,
        capture_output=True,
        text=True,
    )


def test_everything_is_measured_but_the_launcher() -> None:
    """TST-1"""
    run, report = settings()["run"], settings()["report"]
    omitted = report["omit"]

    assert run == {
        "source": ["config", "governance", "service", "worker"],
        "patch": ["subprocess"],
        "sigterm": True,
    }
    assert report == {"fail_under": 90, "skip_covered": True, "omit": omitted}
    assert omitted == LAUNCHER
    assert [pattern for pattern in omitted if not list(ROOT.glob(pattern))] == []


def test_processes_of_whole_systems_are_measured_and_no_others(
    request: pytest.FixtureRequest,
) -> None:
    """TST-1"""
    folders = {path.name for path in (ROOT / "tests").iterdir()}

    assert folders > MEASURED_PROCESSES
    assert MEASURED_PROCESSES.isdisjoint(request.path.parts)
    assert MEASURE not in os.environ


def test_make_test_measures_when_it_runs_everything() -> None:
    """TST-1"""
    everything, a_part = (last_command("test", f"TESTS={each}") for each in ("tests", "tests/unit"))

    assert everything.split()[-3:] == ["--cov", "--durations=10", "tests"]
    assert a_part.split()[-2:] == ["--durations=10", "tests/unit"]
    assert "--cov" not in a_part


def test_what_a_process_did_before_it_was_terminated_counts(tmp_path: Path) -> None:
    """TST-1"""
    done = measured(tmp_path, STARTS_IT)

    assert "Required test coverage of 90.0% reached. Total coverage: 100.00%" in done.stdout
    assert done.returncode == 0


def test_code_that_no_test_runs_turns_the_whole_run_red(tmp_path: Path) -> None:
    """TST-1"""
    done = measured(tmp_path, PASSES_IT_BY)

    assert "Required test coverage of 90.0% not reached. Total coverage: 0.00%" in done.stdout
    assert done.returncode != 0
