"""The same video gives the same bytes in another process, at another pace, with nothing warm."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data import videos

UNHURRIED = "from worker.analyse import main; main()"
# On one processor decoding, detecting and reading wait for each other instead of overlapping.
ONE_PROCESSOR = f"import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); {UNHURRIED}"


def analysed(video: Path, home: Path, program: str) -> bytes:
    """The results document from a fresh process whose home and temporary folder are empty."""
    home.mkdir()
    run = subprocess.run(
        [sys.executable, "-c", program, str(video), "--json"],
        env=os.environ | {"HOME": str(home), "TMPDIR": str(home)},
        capture_output=True,
        check=True,
    )
    return run.stdout


@pytest.mark.parametrize("make", [videos.text_video, videos.flipped_bits])
def test_two_fresh_processes_give_the_same_bytes_whatever_their_pace(tmp_path, make):
    """WRK-4: the determinism test once read one file twice."""
    video = make(tmp_path / "video.mp4")
    same_video = tmp_path / "copy.mp4"
    same_video.write_bytes(video.read_bytes())

    first = analysed(video, tmp_path / "first", UNHURRIED)
    second = analysed(same_video, tmp_path / "second", ONE_PROCESSOR)

    assert first == second
    assert any(frame["result"]["text"] for frame in json.loads(first)["results"])


def test_the_bytes_follow_the_video(tmp_path):
    video = videos.text_video(tmp_path / "video.mp4", frames=2)
    other = videos.write_video(tmp_path / "other.mp4", [videos.page(["ELSEWHERE 9"])] * 2)

    bytes_of_video = analysed(video, tmp_path / "first", UNHURRIED)

    assert bytes_of_video != analysed(other, tmp_path / "second", UNHURRIED)


def test_nothing_is_left_in_the_users_home(tmp_path):
    home = tmp_path / "home"

    analysed(videos.text_video(tmp_path / "video.mp4", frames=1), home, UNHURRIED)

    assert list(home.iterdir()) == []
