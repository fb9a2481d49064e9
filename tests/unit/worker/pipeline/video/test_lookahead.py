"""What is decoded and what is passed over, told from packets alone."""

import av
import pytest

from worker.pipeline.video.lookahead import MOST_WAITING_BYTES, Lookahead, Restart
from worker.pipeline.video.random_access import Content

PLAIN, POINT = Content(begins=False), Content(begins=True)
DISPOSABLE = Content(begins=False, is_disposable=True)


def packet(pts, *, dts=None, size=40):
    made = av.Packet(bytes(size))
    made.pts, made.dts = pts, pts if dts is None else dts
    return made


def decoded(given, *, stride, contents=None, codec="h264"):
    """Which packets are decoded, and where decoding goes on, by a decoder without delay."""
    contents = iter(contents or [POINT if pts % 10 == 0 else PLAIN for pts in range(len(given))])
    ahead = Lookahead(codec, lambda _: next(contents))
    samples = range(0, 1000, stride)
    taken, index = [], 0
    for one in [*given, None]:
        ahead.add(one) if one else ahead.close()
        while step := ahead.step(index, samples):
            if isinstance(step, Restart):
                index += len(ahead.passed_over(step.pts))
                taken.append(("from", step.pts))
            else:
                index += len(ahead.came(step.pts)) + 1
                taken.append(step.pts)
    return taken


def test_only_what_leads_to_a_sample_is_decoded():
    taken = decoded([packet(pts) for pts in range(30)], stride=12)

    assert taken == [
        0,
        ("from", 10),
        10,
        11,
        12,
        ("from", 20),
        *range(20, 25),
        ("from", float("inf")),
    ]


def test_all_is_decoded_that_no_random_access_point_separates():
    contents = [POINT, *[PLAIN] * 19]

    taken = decoded([packet(pts) for pts in range(20)], stride=19, contents=contents)

    assert taken == list(range(20))


def test_frames_to_which_none_refers_are_decoded_only_as_samples():
    contents = [POINT, *[DISPOSABLE, PLAIN] * 5]

    taken = decoded([packet(pts) for pts in range(11)], stride=3, contents=contents)

    assert taken == [0, 2, 3, 4, 6, 8, 9, ("from", float("inf"))]


def test_parameters_are_decoded_also_with_a_frame_to_which_none_refers():
    carrier = Content(begins=False, is_disposable=True, parameters=frozenset({b"new"}))
    contents = [POINT, DISPOSABLE, carrier, DISPOSABLE, PLAIN]

    taken = decoded([packet(pts) for pts in range(5)], stride=4, contents=contents)

    assert taken == [0, 2, 4]


def test_a_frame_whose_number_is_not_known_yet_is_decoded():
    """A packet still to come may be shown before it, and make it a sample."""
    given = [packet(0), packet(2, dts=1), packet(4, dts=2), packet(3, dts=3), packet(5)]
    contents = [POINT, PLAIN, DISPOSABLE, PLAIN, PLAIN]

    taken = decoded(given, stride=2, contents=contents)

    assert 4 in taken


def test_decoding_does_not_go_on_before_what_is_shown_after_that():
    given = [packet(0), packet(1), packet(6, dts=2), packet(5, dts=3), packet(7, dts=4), packet(8)]
    contents = [POINT, PLAIN, PLAIN, POINT, PLAIN, PLAIN]

    taken = decoded(given, stride=3, contents=contents)

    assert ("from", 5) not in taken


def test_parameters_that_are_not_repeated_are_not_left_out():
    new, newer = frozenset({b"new"}), frozenset({b"new", b"newer"})
    contents = [PLAIN] * 30
    contents[0], contents[10] = POINT, Content(begins=True, parameters=new)

    contents[20] = Content(begins=True, parameters=frozenset())
    without = decoded([packet(pts) for pts in range(30)], stride=25, contents=contents)
    contents[20] = Content(begins=True, parameters=newer)
    repeated = decoded([packet(pts) for pts in range(30)], stride=25, contents=contents)

    assert without[:4] == [0, ("from", 10), 10, 11]
    assert 19 in without
    assert repeated[:4] == [0, ("from", 10), ("from", 20), 20]


IRREGULAR = {
    "no presentation time": lambda: packet(None, dts=12),
    "no decoding time": lambda: no_dts(12),
    "a presentation time twice": lambda: packet(14, dts=12),
    "decoding times that do not rise": lambda: packet(15, dts=11),
    "shown before it is decoded": lambda: packet(12, dts=13),
    "nothing in it": lambda: packet(12, size=0),
}


def no_dts(pts):
    made = packet(pts)
    made.dts = None
    return made


@pytest.mark.parametrize("kind", IRREGULAR)
def test_from_a_packet_whose_times_are_not_in_order_everything_is_decoded(kind):
    given = [packet(pts) for pts in range(30)]
    given[11] = packet(14, dts=11)
    given[12] = IRREGULAR[kind]()
    contents = [POINT if number in (0, 10, 20) else PLAIN for number in range(30)]

    taken = decoded(given, stride=25, contents=contents)

    assert taken == [0, ("from", 10), 10, *(one.pts for one in given[11:])]


def test_what_may_be_a_field_ends_all_passing_over():
    contents = [POINT if number % 10 == 0 else PLAIN for number in range(30)]
    contents[5] = Content(begins=False, may_be_field=True)

    taken = decoded([packet(pts) for pts in range(30)], stride=25, contents=contents)

    assert taken == list(range(30))


def test_a_packet_that_may_code_nothing_ends_all_passing_over():
    given = [packet(pts, size=19 if pts == 5 else 40) for pts in range(30)]

    assert decoded(given, stride=25, codec="mpeg4") == list(range(30))


def test_a_frame_that_is_not_the_expected_ends_all_passing_over():
    ahead = Lookahead("h264", lambda _: POINT)
    for pts in range(0, 40, 10):
        ahead.add(packet(pts))

    first = ahead.step(0, range(0, 100, 2))
    ahead.came(5)

    assert first.pts == 0
    assert [ahead.step(1, range(0, 100, 2)).pts for _ in range(3)] == [10, 20, 30]


def test_what_waits_for_a_sample_is_bounded():
    size = MOST_WAITING_BYTES // 4
    ahead = Lookahead("h264", lambda _: PLAIN)
    samples = range(0, 1000, 500)
    waiting = most = 0
    for pts in range(10):
        ahead.add(packet(pts, size=size))
        waiting += 1
        while step := ahead.step(pts, samples):
            ahead.came(step.pts)
            waiting -= 1
        most = max(most, waiting)

    assert most == 3
