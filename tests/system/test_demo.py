import json
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

SECONDS = 280
MIN_PERCENT, MIN_RIGHT_PERCENT = 90.0, 97.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


def run_demo(folder: Path, reachable: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environ = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TMPDIR": str(reachable),
        **settings,
    }
    return subprocess.run(
        [sys.executable, "-m", "service.cli", "demo"],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


@pytest.fixture(scope="module")
def demo(folder: Path, reachable_folder: Path) -> subprocess.CompletedProcess[str]:
    return run_demo(folder, reachable_folder)


def test_the_sample_video_is_read_by_the_whole_system(demo) -> None:
    """API-1, API-2, API-4, WRK-1"""
    assert demo.returncode == 0, demo.stderr
    told = re.search(r"words shown, at their time: ([\d.]+) %", demo.stdout)
    percent = float(told.group(1))

    assert percent >= MIN_PERCENT


def test_next_to_nothing_is_said_that_the_sample_video_does_not_show(demo) -> None:
    told = re.search(r"words that were read: ([\d.]+) %", demo.stdout)
    percent = float(told.group(1))

    assert percent >= MIN_RIGHT_PERCENT


def test_no_edge_of_a_panel_is_read_and_no_clock_is_a_plate(demo) -> None:
    plates = [line for line in demo.stdout.splitlines() if "plate" in line]

    assert "BOATHOUSE LANDING J" not in demo.stdout
    assert plates
    assert all("KTR 4827" in line for line in plates)


def test_the_table_shows_captions_and_signs(demo) -> None:
    for text in ("FERRY RESUMES TONIGHT", "STORM PASSES NORTHWARD", "PIER SEVENTEEN"):
        assert text in demo.stdout


def test_a_copy_of_the_results_is_kept_where_it_says(demo, folder: Path) -> None:
    copy = folder / "forgesyte-demo.json"
    results = json.loads(copy.read_text())["results"]

    assert str(copy) in demo.stdout
    assert [frame["frame_index"] for frame in results] == list(range(0, 250, 5))


def test_a_process_that_refuses_to_run_is_shown_with_its_reason(
    folder: Path, reachable_folder: Path
) -> None:
    done = run_demo(folder, reachable_folder, FORGESYTE_READER_LANGUAGES="none")

    assert done.returncode == 1
    assert "worker cannot run: FORGESYTE_READER_LANGUAGES=none" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")


def test_nothing_is_left_of_it(demo, reachable_folder: Path) -> None:
    lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]

    assert [line for line in lines if f"{reachable_folder}/forgesyte-demo-" in " ".join(line)] == []
    assert list(reachable_folder.glob("forgesyte-demo-*")) == []
