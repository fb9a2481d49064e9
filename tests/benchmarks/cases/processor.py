"""How much of the processor ours uses: against what its CPU-seconds allow, and on two cores."""

import os
from collections.abc import Iterator

from tests.benchmarks.cases.options import Options
from tests.benchmarks.lock import timing
from tests.benchmarks.pairs import alternate, spread
from tests.benchmarks.programs import Outcome, Void, analyse
from tests.benchmarks.report import Row, at_least
from tests.benchmarks.videos.made import Made

KIND, STRIDE = "mixed", 5
BOUND_GOAL, CORES_GOAL = at_least(0.95), at_least(1.8)
# Loading the models takes CPU too; what a few frames take is what is not asked about.
FEW_FRAMES = 8


def cpu_bound(options: Options) -> Iterator[Row]:
    """Frames a second by what the cores allow: cores ÷ CPU-seconds a frame; 1 is all of them.

    Both are of the frames after the first few, so that loading the models is in neither.
    """
    made, cores = options.video(KIND), len(os.sched_getaffinity(0))
    with timing():
        pairs = alternate(
            lambda: analyse(made.path, STRIDE),
            lambda: analyse(made.path, STRIDE, max_frames=FEW_FRAMES),
            pairs=options.pairs,
            name="cpu_bound",
        )
    shares = spread([_share(whole, few, cores) for whole, few in pairs])
    runs = [{"whole": whole.figures(), "few": few.figures()} for whole, few in pairs]
    case = f"{KIND}, every {STRIDE}, {cores} cores"
    yield Row("cpu_bound", case, "of the CPU bound", shares.median, shares, BOUND_GOAL, runs=runs)


def two_cores(options: Options) -> Iterator[Row]:
    """One core's seconds by two cores', on the same bytes."""
    made, first = options.video(KIND), sorted(os.sched_getaffinity(0))[:2]
    if len(first) < 2:
        raise Void("two_cores: this machine has one core")
    with timing():
        pairs = alternate(
            lambda: _on(made, first[:1]),
            lambda: _on(made, first),
            pairs=options.pairs,
            name="two_cores",
        )
    if len({outcome.sha256 for pair in pairs for outcome in pair}) > 1:
        raise Void("two_cores: one core and two gave different results")
    ratios = spread([one.seconds / two.seconds for one, two in pairs])
    runs = [{"one": one.figures(), "two": two.figures()} for one, two in pairs]
    case = f"{KIND}, every {STRIDE}"
    yield Row("two_cores", case, "times one core", ratios.median, ratios, CORES_GOAL, runs=runs)


def _on(made: Made, cores: list[int]) -> Outcome:
    return analyse(made.path, STRIDE, cores=cores)


def _share(whole: Outcome, few: Outcome, cores: int) -> float:
    cpu_seconds = whole.measured.cpu_seconds - few.measured.cpu_seconds
    return cpu_seconds / (cores * (whole.seconds - few.seconds))
