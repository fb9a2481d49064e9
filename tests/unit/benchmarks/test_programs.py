from pathlib import Path

import pytest

from tests.benchmarks.measure import Measured
from tests.benchmarks.programs import Outcome, Void, checked
from tests.benchmarks.truth import Found, Line
from tests.benchmarks.videos.made import Made

BOX = (100.0, 100.0, 300.0, 130.0)
MADE = Made(Path("video.mp4"), 10, ((Line(0, BOX, "North Gate", "DejaVuSans"),),) * 10)
MEASURED = Measured(1.0, 1.0, 1, 1, b"")


def outcome(*texts: str, stride: int = 5, sha256: str = "a") -> Outcome:
    frames = {number * stride: (Found(BOX, text),) for number, text in enumerate(texts)}
    return Outcome(frames, 1.0, MEASURED, sha256)


def check(*outcomes: Outcome) -> float:
    return checked("test", outcomes, MADE, 5, least_recall=0.7).recall


def test_what_is_right_counts() -> None:
    assert check(outcome("North Gate", "North Gale")) == 0.75


def test_too_few_words_void_the_run() -> None:
    with pytest.raises(Void, match=r"read 0\.500 of the words"):
        check(outcome("North Gate", ""))


def test_results_that_differ_between_runs_void_the_run() -> None:
    with pytest.raises(Void, match="two runs gave different results"):
        check(outcome("North Gate", "North Gate"), outcome("North Gate", "North", sha256="b"))


@pytest.mark.parametrize("others", [{"stride": 4}, {"stride": 1}])
def test_other_frames_void_the_run(others: dict[str, int]) -> None:
    with pytest.raises(Void, match="not every 5th from 0"):
        check(outcome("North Gate", "North Gate", **others))


def test_a_missing_frame_voids_the_run() -> None:
    with pytest.raises(Void, match="not every 5th from 0"):
        check(outcome("North Gate"))
