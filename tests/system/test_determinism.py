"""The same film gives the same bytes in another process, at another pace, with nothing warm."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data import films

UNHURRIED = "from worker.analyse import main; main()"
# On one processor decoding, detecting and reading wait for each other instead of overlapping.
ONE_PROCESSOR = f"import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); {UNHURRIED}"


def analysed(film: Path, home: Path, program: str) -> bytes:
    """The results document from a fresh process whose home and temporary folder are empty."""
    home.mkdir()
    run = subprocess.run(
        [sys.executable, "-c", program, str(film), "--json"],
        env=os.environ | {"HOME": str(home), "TMPDIR": str(home)},
        capture_output=True,
        check=True,
    )
    return run.stdout


@pytest.mark.parametrize("make", [films.text_film, films.flipped_bits])
def test_two_fresh_processes_give_the_same_bytes_whatever_their_pace(tmp_path, make):
    """WRK-4: the determinism test once read one file twice."""
    film = make(tmp_path / "film.mp4")
    same_film = tmp_path / "copy.mp4"
    same_film.write_bytes(film.read_bytes())

    first = analysed(film, tmp_path / "first", UNHURRIED)
    second = analysed(same_film, tmp_path / "second", ONE_PROCESSOR)

    assert first == second
    assert any(frame["result"]["text"] for frame in json.loads(first)["results"])


def test_the_bytes_follow_the_film(tmp_path):
    film = films.text_film(tmp_path / "film.mp4", frames=2)
    other = films.write_film(tmp_path / "other.mp4", [films.page(["ELSEWHERE 9"])] * 2)

    bytes_of_film = analysed(film, tmp_path / "first", UNHURRIED)

    assert bytes_of_film != analysed(other, tmp_path / "second", UNHURRIED)


def test_nothing_is_left_in_the_users_home(tmp_path):
    home = tmp_path / "home"

    analysed(films.text_film(tmp_path / "film.mp4", frames=1), home, UNHURRIED)

    assert list(home.iterdir()) == []
