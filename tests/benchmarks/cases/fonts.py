"""Which lines are not read exactly, with which fonts, and what was read instead."""

import sys
from collections.abc import Iterator

from tests.benchmarks.cases.options import Options
from tests.benchmarks.programs import Outcome, analyse, run_script
from tests.benchmarks.report import Row, at_least
from tests.benchmarks.truth import Frames, Truth, lost_lines, score
from tests.benchmarks.videos.made import Made

# Every frame shows six new lines in any of the fonts.
KIND, STRIDE = "renewed", 5


def fonts(options: Options) -> Iterator[Row]:
    """Words read of each font, ours and the script's; each line not read exactly goes to stderr."""
    made = options.video(KIND)
    ours, script = analyse(made.path, STRIDE), run_script(made, STRIDE, python=options.python)
    _tell_lost(made, ours, script)
    # A short video may show some fonts in no frame that is read.
    read = {line.font for frame in ours.frames for line in made.truth[frame]}
    for font in sorted(read):
        truth = _of_font(made.truth, font)
        own, other = (score(truth, outcome.frames) for outcome in (ours, script))
        yield Row(
            "fonts",
            font,
            "words read",
            own.recall,
            goal=at_least(other.recall),
            note=f"the script {other.recall:.3f}; exact {own.exact:.3f} and {other.exact:.3f}; "
            f"{own.words} words",
        )


def _of_font(truth: Truth, font: str) -> Truth:
    return tuple(tuple(line for line in lines if line.font == font) for lines in truth)


def _tell_lost(made: Made, ours: Outcome, script: Outcome) -> None:
    for name, outcome, other in (("ours", ours, script), ("script", script, ours)):
        for text in lost_texts(made.truth, outcome.frames, other.frames):
            sys.stderr.write(f"{name}: {text}\n")


def lost_texts(truth: Truth, frames: Frames, others: Frames) -> Iterator[str]:
    """One text for each line not read exactly: where, what it says, what was read, by whom else."""
    elsewhere = {(lost.frame, lost.line.region) for lost in lost_lines(truth, others)}
    for lost in lost_lines(truth, frames):
        read = " | ".join(
            f"{one.text!r} {one.confidence:.2f} {list(one.alternatives) or ''}".rstrip()
            for one in lost.found
        )
        also = "both" if (lost.frame, lost.line.region) in elsewhere else "alone"
        box = ",".join(f"{edge:.0f}" for edge in lost.line.box)
        yield (
            f"frame {lost.frame} {lost.line.font} [{box}] {lost.line.text!r} "
            f"lost {' '.join(lost.words) or 'no word'} ({also}); read {read or 'nothing'}"
        )
