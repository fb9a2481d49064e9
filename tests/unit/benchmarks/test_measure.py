import sys
from pathlib import Path

import pytest

from tests.benchmarks.measure import MEGABYTE, ProgramFailed, run

# A child of a child that works and ends, as tesseract under pytesseract.
WORKS = "import time\nuntil = time.process_time() + 0.3\nwhile time.process_time() < until: pass\n"
CHILD_WORKS = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {WORKS!r}])\n"
# Both hold memory at once until the sampler must have seen it.
HOLDS = "held = bytearray(b'1') * (64 * 1024**2)\nimport time; time.sleep(1)\n"
MAPS = (
    "import mmap, sys, time\nfile = open(sys.argv[1], 'rb')\n"
    "mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)\n"
    "sum(mapped[::4096])\ntime.sleep(1)\n"
)
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
    measured = run([sys.executable, "-c", BOTH_HOLD])

    assert min(measured.peak_pss, measured.peak_own) > 128 * MEGABYTE


def test_what_is_mapped_from_a_file_is_not_a_program_s_own(tmp_path: Path) -> None:
    file = tmp_path / "library"
    file.write_bytes(b"1" * 64 * MEGABYTE)

    measured = run([sys.executable, "-c", MAPS, file])

    assert measured.peak_pss > 64 * MEGABYTE > 2 * measured.peak_own


def test_a_program_that_fails_is_no_measurement() -> None:
    with pytest.raises(ProgramFailed, match="out of paper"):
        run([sys.executable, "-c", "raise SystemExit('out of paper')"])


def test_a_program_may_be_kept_to_one_core() -> None:
    measured = run([sys.executable, "-c", "import os; print(os.sched_getaffinity(0))"], cores=[0])

    assert measured.output == b"{0}\n"
