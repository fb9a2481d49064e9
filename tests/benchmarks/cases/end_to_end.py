"""`forgesyte analyse` against the script, side by side: the figures that the project is for."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from tests.benchmarks.cases.options import Options
from tests.benchmarks.lock import timing
from tests.benchmarks.measure import MEGABYTE
from tests.benchmarks.pairs import alternate, spread
from tests.benchmarks.programs import Outcome, analyse, checked, run_script
from tests.benchmarks.report import Goal, Row, at_least
from tests.benchmarks.videos.made import Made

BENCHMARK = "end_to_end"
# The video of the first goal; "renewed" is that of the second.
KINDS = ("mixed", "renewed", "still", "changing", "moving", "jittering")
RATIO_GOALS: Mapping[tuple[str, int], Goal] = MappingProxyType(
    {
        ("mixed", 25): at_least(15),
        ("mixed", 5): at_least(40),
        ("renewed", 25): at_least(8),
        ("renewed", 5): at_least(8),
    }
)
VIDEO_SPEED_GOALS = MappingProxyType({("mixed", 5): at_least(15)})
EXACT = 0.98
# Under it, a program has not done the work that is timed.
LEAST_RECALL = 0.9


def end_to_end(options: Options) -> Iterator[Row]:
    """Ratios of times, exact lines and words of both, and what ours costs."""
    for kind in options.kinds or KINDS:
        made = options.video(kind)
        for stride in options.strides:
            made.led(stride - 1)
            with timing():
                pairs = alternate(
                    lambda made=made, stride=stride: analyse(made.path, stride),
                    lambda made=made, stride=stride: run_script(
                        made, stride, python=options.python
                    ),
                    pairs=options.pairs,
                    name=f"{BENCHMARK} {kind} every {stride}",
                )
            yield from _rows(made, kind, stride, pairs)


def _rows(
    made: Made, kind: str, stride: int, pairs: Sequence[tuple[Outcome, Outcome]]
) -> Iterator[Row]:
    case = f"{kind}, every {stride}"
    ours, script = ([pair[side] for pair in pairs] for side in (0, 1))
    own, other = (
        checked(f"{case}, {name}", outcomes, made, stride, least_recall=LEAST_RECALL)
        for name, outcomes in (("ours", ours), ("script", script))
    )
    runs = [{"ours": one.figures(), "script": two.figures()} for one, two in pairs]
    goal = RATIO_GOALS.get((kind, stride))
    times = spread([two.seconds / one.seconds for one, two in pairs])
    yield Row(BENCHMARK, case, "times the script", times.median, times, goal, runs=runs)
    whole = spread([two.measured.seconds / one.measured.seconds for one, two in pairs])
    yield Row(BENCHMARK, case, "times with loading", whole.median, whole)
    exact_goal = at_least(max(EXACT, other.exact))
    note = f"the script {other.exact:.3f}"
    yield Row(BENCHMARK, case, "exact lines", own.exact, goal=exact_goal, note=note)
    note = f"the script {other.recall:.3f}"
    yield Row(BENCHMARK, case, "words read", own.recall, goal=at_least(other.recall), note=note)
    speed = spread([made.seconds / outcome.seconds for outcome in ours])
    speed_goal = VIDEO_SPEED_GOALS.get((kind, stride))
    yield Row(BENCHMARK, case, "video s / s", speed.median, speed, speed_goal)
    frames = len(ours[0].frames)
    for figure, note_of, unit in (
        ("CPU s / frame", _cpu_seconds, frames),
        ("peak PSS, MB", _peak_pss, MEGABYTE),
    ):
        costs = spread([note_of(outcome) / unit for outcome in ours])
        note = f"the script {spread([note_of(outcome) / unit for outcome in script]).median:.3g}"
        yield Row(BENCHMARK, case, figure, costs.median, costs, note=note)


def _cpu_seconds(outcome: Outcome) -> float:
    return outcome.measured.cpu_seconds


def _peak_pss(outcome: Outcome) -> float:
    return outcome.measured.peak_pss
