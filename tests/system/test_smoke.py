"""GOV-4: the smoke test on a whole system of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def smoke(*options: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "governance", "smoke", *options],
        cwd=ROOT,
        env=os.environ | environ,
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_sound_system_reads_a_text_it_cannot_know() -> None:
    """GOV-4, WRK-1"""
    done = smoke()

    assert done.stderr == ""
    assert "passed: " in done.stdout
    assert done.returncode == 0


def test_a_system_without_an_ocr_engine_does_not_pass() -> None:
    """GOV-4; failure 8: a missing engine gave "completed" with an error in the text."""
    done = smoke("--timeout", "20", FORGESYTE_READER_ENGINE="pytesseract", PATH="/nowhere")

    assert done.returncode == 1
    assert "FORGESYTE_READER_ENGINE=pytesseract" in done.stderr
