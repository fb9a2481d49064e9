"""Traps for who reads only what changed: no reading may be of what stood there before."""

from collections.abc import Iterator

from tests.benchmarks.cases.options import Options
from tests.benchmarks.programs import Outcome, analyse
from tests.benchmarks.report import Row, at_least, at_most
from tests.benchmarks.truth import score, stale_readings
from tests.benchmarks.videos.traps import TRAPS

STRIDE = 5
NO_STALE, SAVED_GOAL = at_most(0), at_least(0.6)
# Counts of the profile, once reading and detecting know what did not change.
READ, REUSED = "crops_read", "crops_reused"


def stale_traps(options: Options) -> Iterator[Row]:
    """Stale readings of each trap, and the share of crops that still text saved."""
    for kind in TRAPS:
        made = options.video(kind)
        outcome = analyse(made.path, STRIDE)
        stale = list(stale_readings(made.truth, outcome.frames))
        runs = [outcome.figures() | {"stale": stale}]
        words = score(made.truth, outcome.frames)
        note = f"words read {words.recall:.3f}, {_saved_note(outcome)}"
        yield Row("stale_traps", kind, "stale", len(stale), goal=NO_STALE, note=note, runs=runs)
    made = options.video("still")
    outcome = analyse(made.path, STRIDE)
    saved = share_saved(outcome)
    note = "" if saved is not None else f"the profile has no {REUSED}"
    runs = [outcome.figures()]
    yield Row("stale_traps", "still", "saved", saved or 0.0, goal=SAVED_GOAL, note=note, runs=runs)


def share_saved(outcome: Outcome) -> float | None:
    """The share of crops that were not read again; None where the profile does not say."""
    if REUSED not in outcome.profile:
        return None
    reused = outcome.profile[REUSED]
    return reused / max(1, reused + outcome.profile[READ])


def _saved_note(outcome: Outcome) -> str:
    saved = share_saved(outcome)
    return "nothing reused" if saved is None else f"{saved:.2f} of the crops reused"
