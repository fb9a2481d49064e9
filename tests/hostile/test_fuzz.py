"""The fuzzing in short, in a process that it may end."""

import subprocess
import sys
from pathlib import Path

SECONDS = 4


def test_mutated_videos_and_forms_have_an_answer_each(tmp_path: Path) -> None:
    """P9: `python -m tests.hostile.fuzz` goes on for ten minutes."""
    arguments = ["--seconds", str(SECONDS), "--folder", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.fuzz", *arguments],
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr[-3000:]
