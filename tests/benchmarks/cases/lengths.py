"""Long videos: the memory they take, and what frames between sampled ones cost."""

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.cases.options import Options
from tests.benchmarks.lock import timing
from tests.benchmarks.measure import MEGABYTE, run
from tests.benchmarks.pairs import alternate, spread
from tests.benchmarks.programs import Void, analyse
from tests.benchmarks.report import Row, at_least, at_most
from tests.benchmarks.videos.made import made_video
from tests.benchmarks.videos.scene import RATE

# Repeated, so that an hour is made in seconds; a multiple of the key frames' distance.
PART_SECONDS = 20
PARTS_A_MINUTE = 60 // PART_SECONDS
PIPELINE = "detect_only"
SPARSE_STRIDE = 250
MEMORY_STRIDE = 25
DECODER = Path(__file__).with_name("decode_all.py")
SPARSE_GOAL, FLAT_GOAL = at_least(10), at_most(1.05)


def sparse_decode(options: Options) -> Iterator[Row]:
    """Decoding all of a long video by analysing every 250th of its frames."""
    video = long_video(options, options.minutes)
    with timing():
        pairs = alternate(
            lambda: analyse(video, SPARSE_STRIDE, pipeline=PIPELINE),
            lambda: run([sys.executable, DECODER, video]),
            pairs=options.pairs,
            name="sparse_decode",
        )
    expected = list(range(0, options.minutes * 60 * RATE, SPARSE_STRIDE))
    if any(sorted(ours.frames) != expected for ours, _ in pairs):
        raise Void(f"sparse_decode: not every {SPARSE_STRIDE}th frame was read")
    ratios = spread([float(all_of_it.output) / ours.seconds for ours, all_of_it in pairs])
    runs = [
        {"ours": ours.figures(), "decode_all_seconds": float(all_of_it.output)}
        for ours, all_of_it in pairs
    ]
    whole = spread([float(all_of_it.output) for _, all_of_it in pairs]).median
    yield Row(
        "sparse_decode",
        f"{options.minutes} min, every {SPARSE_STRIDE}",
        "times decoding all",
        ratios.median,
        ratios,
        SPARSE_GOAL,
        note=f"decoding all takes {whole:.0f} s",
        runs=runs,
    )


def pipeline_memory(options: Options) -> Iterator[Row]:
    """Peak memory of the pipeline on videos of several lengths, by that of one minute."""
    first = None
    for minutes in lengths(options):
        outcome = analyse(long_video(options, minutes), MEMORY_STRIDE, pipeline=PIPELINE)
        peak = outcome.measured.peak_own
        first = first or peak
        yield Row(
            "pipeline_memory",
            f"{minutes} min, every {MEMORY_STRIDE}",
            "times one minute's",
            peak / first,
            goal=FLAT_GOAL,
            note=f"{peak / MEGABYTE:.0f} MB, PSS {outcome.measured.peak_pss / MEGABYTE:.0f} MB",
            runs=[outcome.figures()],
        )


def lengths(options: Options) -> list[int]:
    """Minutes of the videos whose memory is compared: 1, 10 and 60, unless told of fewer."""
    return sorted({minutes for minutes in (1, 10, options.minutes) if minutes <= options.minutes})


def long_video(options: Options, minutes: int) -> Path:
    """A video of that many minutes."""
    part = made_video("mixed", seed=options.seed, frames=PART_SECONDS * RATE)
    return part.repeated(minutes * PARTS_A_MINUTE)
