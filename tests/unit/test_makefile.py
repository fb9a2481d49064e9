import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_contracts_targets_are_there(targets: set[str]) -> None:
    assert {"demo", "dev", "test"} <= targets


def test_every_target_that_the_readme_names_exists(targets: set[str]) -> None:
    named = set(re.findall(r"\bmake ([a-z]+)`|^ *make ([a-z]+)", _readme(), re.MULTILINE))

    assert {"".join(pair) for pair in named} <= targets
    assert named


def test_ci_runs_what_everybody_runs() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("script", [".ci/run", ".ci/install"])
def test_the_scripts_have_no_syntax_error(script: str) -> None:
    checked = subprocess.run(["bash", "-n", script], cwd=ROOT, capture_output=True, check=False)

    assert checked.stderr == b""


def test_the_constraints_name_exact_versions_and_no_address() -> None:
    lines = (ROOT / "config" / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]

    assert [
        pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", pin)
    ] == []
    assert {"torch==2.13.0", "torchvision==0.28.0"} <= set(pins)


def _readme() -> str:
    return (ROOT / "README.md").read_text()
