"""When an analysis is too slow, by a clock that the tests move."""

import pytest

from tests.unit.worker.clocks import HandMovedClock
from worker.process.deadline import (
    MOST_WAITING_SECONDS,
    SECONDS_PER_ANALYSED,
    SECONDS_PER_DECODED,
    Deadline,
    Progress,
)

STALL_SECONDS = 100.0


@pytest.fixture
def clock() -> HandMovedClock:
    return HandMovedClock()


@pytest.fixture
def deadline(clock: HandMovedClock) -> Deadline:
    return Deadline(STALL_SECONDS, clock)


def test_it_is_over_when_no_frame_came_in_time(deadline, clock):
    with deadline.watched():
        clock.move_on(STALL_SECONDS)
        assert not deadline.is_over
        clock.move_on(1)

        assert deadline.is_over


def test_it_is_over_when_no_frame_came_after_many(deadline, clock):
    """What the frames before have left over does not help one that never comes."""
    with deadline.watched():
        for frames in range(1, 50):
            deadline.move(frames_decoded=frames, frames_analysed=frames)
        clock.move_on(STALL_SECONDS + 1)

        assert deadline.is_over


def test_each_analysed_frame_buys_more_time(deadline, clock):
    with deadline.watched():
        for frames in range(1, 20):
            clock.move_on(SECONDS_PER_ANALYSED)
            deadline.move(frames_analysed=frames)

            assert not deadline.is_over


def test_each_decoded_frame_buys_more_time(deadline, clock):
    """A decoder that is slow between two sampled frames is no stall."""
    with deadline.watched():
        for frames in range(1, 200):
            clock.move_on(SECONDS_PER_DECODED)
            deadline.move(frames_decoded=frames)

            assert not deadline.is_over


def test_frames_that_all_come_just_in_time_are_too_slow_together(deadline, clock):
    with deadline.watched():
        for frames in range(1, 3):
            clock.move_on(STALL_SECONDS - 1)
            deadline.move(frames_decoded=frames)

        assert deadline.is_over


def test_the_same_count_again_is_no_progress(deadline, clock):
    with deadline.watched():
        deadline.move(frames_decoded=5)
        clock.move_on(STALL_SECONDS)
        deadline.move(frames_decoded=5)
        deadline.move(frames_decoded=3)
        clock.move_on(1)

        assert deadline.is_over


def test_time_in_which_nobody_waits_for_frames_is_not_the_videos(deadline, clock):
    clock.move_on(STALL_SECONDS * 9)
    with deadline.watched():
        clock.move_on(STALL_SECONDS / 2)
    clock.move_on(STALL_SECONDS * 9)
    with deadline.watched():
        assert not deadline.is_over
        clock.move_on(STALL_SECONDS / 2 + 1)

        assert deadline.is_over


def test_time_in_which_the_process_waits_for_a_disk_is_not_the_videos(deadline, clock):
    clock.move_on(STALL_SECONDS * 9)
    with deadline.watched():
        for _ in range(9):
            clock.move_on(STALL_SECONDS / 2)
            deadline.look(waits_for_disk=True)
        assert not deadline.is_over
        for _ in range(3):
            clock.move_on(STALL_SECONDS / 2)
            deadline.look(waits_for_disk=False)

        assert deadline.is_over


def test_time_in_which_nobody_waits_for_frames_is_not_given_back_twice(deadline, clock):
    clock.move_on(STALL_SECONDS * 9)
    with deadline.watched():
        clock.move_on(1)
        deadline.look(waits_for_disk=True)

        assert deadline.spent_seconds == 0


def test_a_wait_that_is_seen_when_a_frame_has_come_buys_the_next_one_nothing(deadline, clock):
    with deadline.watched():
        clock.move_on(STALL_SECONDS / 2)
        deadline.move(frames_decoded=1)
        deadline.look(waits_for_disk=True)
        clock.move_on(STALL_SECONDS + 1)

        assert deadline.is_over


def test_a_wait_for_one_frame_is_not_given_back_for_ever(deadline, clock):
    """A driver that hangs looks like a disk."""
    with deadline.watched():
        clock.move_on(MOST_WAITING_SECONDS)
        deadline.look(waits_for_disk=True)
        assert not deadline.is_over
        clock.move_on(STALL_SECONDS + 1)
        deadline.look(waits_for_disk=True)
        assert deadline.is_over

        deadline.move(frames_decoded=1)
        clock.move_on(MOST_WAITING_SECONDS)
        deadline.look(waits_for_disk=True)
        assert not deadline.is_over


def test_what_is_analysed_was_decoded(deadline):
    deadline.move(frames_decoded=9)
    deadline.move(frames_analysed=2)
    assert deadline.progress == Progress(frames_decoded=9, frames_analysed=2)

    deadline.move(frames_analysed=12)
    assert deadline.progress == Progress(frames_decoded=12, frames_analysed=12)


def test_the_frames_that_are_expected_stay_known():
    deadline = Deadline(STALL_SECONDS, HandMovedClock())

    deadline.move(frames_decoded=1, frames_expected=50)
    deadline.move(frames_analysed=1)

    assert deadline.progress == Progress(1, 1, 50)
