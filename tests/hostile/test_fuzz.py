"""The fuzzing in short, and that it keeps what it finds."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.fuzz import again

SECONDS = 4


def fuzzed(*arguments: str, altered: str = "") -> subprocess.CompletedProcess[str]:
    """The command, where told with something in it that is wrong."""
    command = f"import os, sys\nfrom tests.hostile import fuzz\n{altered}\nsys.exit(fuzz.main())"
    return subprocess.run(
        [sys.executable, "-c", command, *arguments],
        check=False,
        capture_output=True,
        text=True,
    )


def test_mutated_videos_and_forms_have_an_answer_each(tmp_path: Path) -> None:
    """P9: `python -m tests.hostile.fuzz` goes on for ten minutes."""
    done = fuzzed("--seconds", f"{SECONDS}", "--kept", str(tmp_path))

    assert done.returncode == 0, done.stdout + done.stderr[-3000:]


@pytest.mark.parametrize(
    ("altered", "ending"),
    [
        ("fuzz.read = lambda video: os._exit(3)", ".mp4"),
        ("fuzz.EXAMPLE_SECONDS = 1; fuzz.read = lambda video: [0 for _ in iter(int, 1)]", ".mp4"),
        ("fuzz.FORM_ANSWERS = set()", ".txt"),
    ],
    ids=["a crash", "a hang", "another answer"],
)
def test_what_has_no_answer_is_kept_and_tried_again(
    tmp_path: Path, altered: str, ending: str
) -> None:
    done = fuzzed("--seconds", "60", "--kept", str(tmp_path / "kept"), altered=altered)
    [kept] = (tmp_path / "kept").iterdir()
    again(kept, tmp_path)

    assert done.returncode == 1
    assert kept.suffix == ending
    assert str(kept) in done.stdout
