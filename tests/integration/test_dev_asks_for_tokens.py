"""forgesyte dev with FORGESYTE_AUTH=required: nobody else knows its database."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.test_dev import Launched

SAYS = "It asks for a token: FORGESYTE_TOKEN="
OTHERS = "For others: . "


@pytest.fixture
def launched(
    reachable_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Launched]]:
    monkeypatch.setenv("FORGESYTE_AUTH", "required")
    started: list[Launched] = []
    yield started
    for each in started:
        each.process.terminate()
        each.process.wait(60)


def status_with(port: int, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/jobs", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_it_prints_a_token_that_lets_in_at_every_start(
    launched: list[Launched], reachable_folder: Path, tmp_path: Path
) -> None:
    """Web's own warning, that there is no token yet, is of no use then."""
    tokens = []
    for start in range(2):
        dev = Launched(reachable_folder / "dev-with-tokens", tmp_path / f"{start}.log")
        launched.append(dev)
        dev.wait_for(SAYS)
        (line,) = [line for line in dev.lines() if line.startswith(SAYS)]
        tokens.append(line.removeprefix(SAYS))

        assert status_with(dev.port, tokens[-1]) == 200
        assert status_with(dev.port, "wrong") == 401
        assert not [line for line in dev.lines() if "there is no token yet" in line]
        dev.wait_for(OTHERS)
        (line,) = [line for line in dev.lines() if line.startswith(OTHERS)]
        variables = Path(line.removeprefix(OTHERS).split(";")[0])
        assert variables.stat().st_mode & 0o077 == 0
        command = f". {variables}; exec {sys.executable} -m service.cli tokens list --json"
        listed = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
        assert json.loads(listed.stdout)["name"] == "dev"
        dev.process.terminate()
        assert dev.process.wait(60) == 0
    assert tokens[0] != tokens[1]
