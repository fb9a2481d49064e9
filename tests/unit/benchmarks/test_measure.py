import sys

import pytest

from tests.benchmarks.measure import MEGABYTE, ProgramFailed, run

# A child of a child that works and ends, as tesseract under pytesseract.
WORKS = "import time\nuntil = time.process_time() + 0.3\nwhile time.process_time() < until: pass\n"
CHILD_WORKS = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {WORKS!r}])\n"
# Both hold memory at once until the sampler must have seen it.
HOLDS = "held = bytearray(b'1') * (64 * 1024**2)\nimport time; time.sleep(1)\n"
BOTH_HOLD = (
    f"import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', {HOLDS!r}])\n"
    f"{HOLDS}child.wait()\n"
)


def test_the_output_and_the_time_are_those_of_the_program() -> None:
    measured = run([sys.executable, "-c", "print('done')"])

    assert measured.output == b"done\n"
    assert 0 < measured.seconds < 30


def test_the_processor_time_of_children_counts() -> None:
    assert run([sys.executable, "-c", CHILD_WORKS]).cpu_seconds >= 0.3


def test_the_memory_of_the_whole_tree_counts_at_once() -> None:
    assert run([sys.executable, "-c", BOTH_HOLD]).peak_pss > 128 * MEGABYTE


def test_a_program_that_fails_is_no_measurement() -> None:
    with pytest.raises(ProgramFailed, match="out of paper"):
        run([sys.executable, "-c", "raise SystemExit('out of paper')"])


def test_a_program_may_be_kept_to_one_core() -> None:
    measured = run([sys.executable, "-c", "import os; print(os.sched_getaffinity(0))"], cores=[0])

    assert measured.output == b"{0}\n"
