from worker.pipeline.frame import Detection
from worker.pipeline.results.reading_order import in_lines, joined_text


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


def test_the_letters_on_a_plate_are_said_once():
    plate = Detection(1, "plate", 0.9, (0.0, 0.0, 100.0, 30.0), "CAL 6ABC123", 0.9)
    letters = Detection(0, "text", 0.9, (20.0, 8.0, 98.0, 26.0), "6ABC123", 0.9)
    dealer = Detection(0, "text", 0.9, (20.0, 25.0, 98.0, 40.0), "BEST CARS", 0.9)

    assert read(plate, letters, dealer) == "CAL 6ABC123\nBEST CARS"


def test_two_boxes_with_the_same_words_side_by_side_are_both_said():
    assert read(found("EXIT", 0, 0), found("EXIT", 60, 0)) == "EXIT EXIT"
