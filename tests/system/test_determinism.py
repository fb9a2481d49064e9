"""The same video gives the same bytes in another process, at another pace, with nothing warm."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.data import videos

UNHURRIED = "from worker.analyse import main; main()"
# On one processor decoding, detecting and reading wait for each other instead of overlapping.
ONE_PROCESSOR = f"import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); {UNHURRIED}"

Make = Callable[[Path], Path]


@dataclass(frozen=True)
class Analysed:
    """The results document from a fresh process, and its home, which was empty."""

    document: bytes
    home: Path


def damaged(path: Path) -> Path:
    """Half of its pictures are whole enough to be read."""
    return videos.flipped_bits(path, flips=40)


def elsewhere(path: Path) -> Path:
    return videos.write_video(path, [videos.page(["ELSEWHERE 9"])] * 2)


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Make, str], Analysed]:
    """What a program tells of a video that is made for it; asked again, it tells what it told."""

    @cache
    def analyse(make: Make, program: str) -> Analysed:
        folder = tmp_path_factory.mktemp("analysed")
        home = folder / "home"
        home.mkdir()
        # Some libraries send no usage, and leave no files, where CI is set.
        environ = {name: value for name, value in os.environ.items() if name != "CI"}
        run = subprocess.run(
            [sys.executable, "-c", program, str(make(folder / "video.mp4")), "--json"],
            env=environ | {"HOME": str(home), "TMPDIR": str(home)},
            capture_output=True,
            check=True,
        )
        return Analysed(run.stdout, home)

    return analyse


@pytest.mark.parametrize("make", [videos.text_video, damaged])
def test_two_fresh_processes_give_the_same_bytes_whatever_their_pace(analysed, make):
    """WRK-4: the determinism test once read one file twice."""
    first = analysed(make, UNHURRIED).document
    second = analysed(make, ONE_PROCESSOR).document

    assert first == second
    assert any(frame["result"]["text"] for frame in json.loads(first)["results"])


def test_the_bytes_follow_the_video(analysed):
    of_video = analysed(videos.text_video, UNHURRIED).document

    assert of_video != analysed(elsewhere, UNHURRIED).document


def test_nothing_but_our_networks_is_left_in_the_users_home(analysed):
    """ultralytics and matplotlib would leave settings and caches there."""
    home = analysed(videos.text_video, UNHURRIED).home

    kept = {file.relative_to(home).parts[:3] for file in home.rglob("*") if file.is_file()}
    assert kept == {(".cache", "forgesyte", "networks")}
