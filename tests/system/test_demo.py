import json
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

SECONDS = 600
MIN_PERCENT = 90.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path, reachable_folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "service.cli", "demo"]
    environ = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TMPDIR": str(reachable_folder),
    }
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=SECONDS
    )


def test_the_sample_video_is_read_by_the_whole_system(demo) -> None:
    """API-1, API-2, API-4, WRK-1"""
    assert demo.returncode == 0, demo.stderr
    told = re.search(r"words shown were read at their time: ([\d.]+) %", demo.stdout)
    percent = float(told.group(1))

    assert percent >= MIN_PERCENT


def test_the_table_shows_captions_and_signs(demo) -> None:
    for text in ("FERRY RESUMES TONIGHT", "STORM PASSES NORTHWARD", "PIER SEVENTEEN"):
        assert text in demo.stdout


def test_a_copy_of_the_results_is_kept_where_it_says(demo, folder: Path) -> None:
    copy = folder / "forgesyte-demo.json"
    results = json.loads(copy.read_text())["results"]

    assert str(copy) in demo.stdout
    assert [frame["frame_index"] for frame in results] == list(range(0, 250, 5))


def test_nothing_is_left_of_it(demo, reachable_folder: Path) -> None:
    lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]

    assert [line for line in lines if f"{reachable_folder}/forgesyte-demo-" in " ".join(line)] == []
    assert list(reachable_folder.glob("forgesyte-demo-*")) == []
