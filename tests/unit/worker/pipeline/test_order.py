from worker.pipeline.frame import Detection
from worker.pipeline.order import in_lines, joined_text


def found(text, x, y, *, height=20.0, width=50.0):
    return Detection(0, "text", 0.9, (x, y, x + width, y + height), text, 0.9)


def read(*detections):
    return joined_text(in_lines(detections))


def test_text_is_joined_from_top_to_bottom_and_left_to_right():
    """API-4"""
    detections = [found("seven", 200, 100), found("exit", 10, 10), found("platform", 10, 104)]

    assert read(*detections) == "exit\nplatform seven"


def test_a_small_text_beside_a_large_one_stands_on_its_line():
    assert read(found("km/h", 80, 30, height=16), found("90", 10, 0, height=60)) == "90 km/h"


def test_what_was_not_or_nothing_read_leaves_no_gap():
    unread = Detection(0, "text", 0.9, (0.0, 50.0, 9.0, 60.0))

    assert read(found("a", 0, 0), found("", 60, 0), unread, found("b", 0, 100)) == "a\nb"


def test_the_order_does_not_depend_on_the_detectors():
    detections = [found("a", 0, 0), found("b", 60, 3), found("c", 0, 40), found("d", 60, 38)]

    assert in_lines(detections) == in_lines(reversed(detections))
