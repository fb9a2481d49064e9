from fractions import Fraction

import pytest

from worker.pipeline.errors import PipelineError
from worker.pipeline.video.clock import Clock

MS = Fraction(1, 1000)


def read_all(stamps, time_base=MS):
    clock = Clock()
    return [clock.read(stamp, time_base) for stamp in stamps]


def test_times_are_whole_milliseconds_of_presentation_time():
    assert read_all([0, 1001, 2002], Fraction(1, 30000)) == [0, 33, 67]


def test_times_never_fall_even_where_the_videos_do():
    assert read_all([0, 40, 40, 30, 80]) == [0, 40, 40, 40, 80]


def test_above_a_thousand_frames_a_second_times_stay_true():
    """They once ran ahead, and a second of such a video was refused for times that do not rise."""
    times = read_all(range(4000), Fraction(1, 2000))

    assert times == [round(Fraction(index, 2)) for index in range(4000)]


def test_times_that_stand_still_are_refused():
    with pytest.raises(
        PipelineError, match="more than 100 frames are shown at one time"
    ) as refused:
        read_all([0] * 101)

    assert refused.value.code == "bad_timing"


def test_a_video_that_begins_before_zero_is_moved_to_zero():
    assert read_all([-80, -40, 0]) == [0, 40, 80]


def test_a_video_that_begins_late_keeps_its_times():
    assert read_all([500, 540]) == [500, 540]


def test_times_that_run_backwards_are_refused():
    with pytest.raises(PipelineError, match="run backwards") as refused:
        read_all([0, 2000, 100])

    assert refused.value.code == "bad_timing"


def test_a_frame_without_a_time_is_refused():
    with pytest.raises(PipelineError) as refused:
        read_all([None])

    assert refused.value.code == "bad_timing"
