"""PIP-3: a broken graph stops the start of each process with one clear line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The program with pipelines of its own, which a test may break."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    for package in ("service", "worker", "migrations"):
        (tmp_path / package).symlink_to(ROOT / package)
    return tmp_path


def start(module: str, tree: Path) -> subprocess.CompletedProcess[str]:
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(tree),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "FORGESYTE_STORAGE_URL": (tree / "storage").as_uri(),
    }
    command = [sys.executable, "-m", module]
    return subprocess.run(
        command, cwd=tree, env=environ, check=False, capture_output=True, text=True, timeout=60
    )


def told_by(name: str, done: subprocess.CompletedProcess[str]) -> list[str]:
    """Standard error, which in a log of JSON lines must hold one line that is none."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    says = {"web": "web cannot start: ", "worker": "worker cannot run: "}[name]
    return [line.removeprefix(says) for line in lines]


@pytest.mark.parametrize(("module", "name"), [("service", "web"), ("worker", "worker")])
@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("extra.json", "{", "extra.json: not readable as JSON"),
        ("yolo_ocr.json", "[]", "yolo_ocr.json: the file: Input should be a valid"),
    ],
    ids=["not JSON", "not a graph"],
)
def test_a_broken_pipeline_stops_the_start(
    module: str, name: str, file: str, content: str, told: str, tree: Path
) -> None:
    """PIP-3"""
    (tree / "config" / "pipelines" / file).write_text(content)

    done = start(module, tree)

    assert done.returncode == 2
    assert [line[: len(told)] for line in told_by(name, done)] == [told]


@pytest.mark.parametrize(("module", "name"), [("service", "web"), ("worker", "worker")])
def test_a_program_without_pipelines_does_not_start(module: str, name: str, tree: Path) -> None:
    """PIP-3"""
    shutil.rmtree(tree / "config" / "pipelines")

    done = start(module, tree)

    assert done.returncode == 2
    assert ["no pipeline found" in line for line in told_by(name, done)] == [True]
