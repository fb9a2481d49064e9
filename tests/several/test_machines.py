"""The system on machines of their own that are cut off, in short: `python -m tests.several`."""

import os
import re
import subprocess
import sys

from tests.governance.claims import false_claims
from tests.several import page
from tests.system.harness import ROOT

SHORT = {
    "jobs": 8,
    "seed": 3,
    "clients": 8,
    # Seconds. Every job takes longer than a lease, so that whoever is cut off has one.
    "lease-seconds": 2,
    "pause-seconds": 1,
    "work-seconds": 8,
}


def test_machines_that_are_cut_off_lose_nothing_and_do_what_the_page_says() -> None:
    """P1, P2, P6, P9: every link for longer than a lease, and workers that come and go."""
    options = [word for name, value in SHORT.items() for word in (f"--{name}", f"{value}")]
    done = run("tests.several", "--slow", *options)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"each 202 ended completed or failed +[1-9]\d* looked at  holds", done.stdout)
    assert re.search(r"cut off [1-9]|machine lost [1-9]", done.stdout)
    assert '"workers": "ok"' in done.stdout


def test_packets_that_are_dropped_keep_nobody_waiting_for_longer_than_promised() -> None:
    """P4, P8: a refusal ends a wait at once; silence must end it in time."""
    done = run("tests.several.silence")

    assert done.returncode == 0, done.stdout + done.stderr


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env=os.environ,
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_page_names_nothing_that_is_not_there() -> None:
    """DOC-1"""
    assert false_claims(page.PAGE.read_text(), page.PAGE.parent) == []
    assert "(.github/SEVERAL_MACHINES.md)" in (ROOT / "README.md").read_text()
