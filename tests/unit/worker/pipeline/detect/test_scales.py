import pytest

from worker.pipeline.detect.scales import (
    DENSE_FROM_LINES,
    DENSE_SCALE,
    SMALL_LINE_PIXELS,
    SMALL_PLATE_PIXELS,
    SMALL_PLATES_SCALE,
    USUAL_SCALE,
    scale_of,
    wanted_scale,
)
from worker.pipeline.frame import Detection

LEAST, MOST = SMALL_PLATE_PIXELS


def boxes(count, height):
    return [(0.0, 40.0 * at, 90.0, 40.0 * at + height) for at in range(count)]


@pytest.mark.parametrize(
    ("lines", "plates", "scale"),
    [
        ([], [], USUAL_SCALE),
        (boxes(DENSE_FROM_LINES, SMALL_LINE_PIXELS - 1), [], DENSE_SCALE),
        (boxes(DENSE_FROM_LINES - 1, SMALL_LINE_PIXELS - 1), [], USUAL_SCALE),
        (boxes(DENSE_FROM_LINES, SMALL_LINE_PIXELS), [], USUAL_SCALE),
        ([], boxes(1, MOST - 1), SMALL_PLATES_SCALE),
        ([], boxes(1, LEAST), SMALL_PLATES_SCALE),
        ([], boxes(3, MOST), USUAL_SCALE),
        ([], boxes(3, LEAST - 1), USUAL_SCALE),
        (boxes(DENSE_FROM_LINES, 8), boxes(1, LEAST), DENSE_SCALE),
    ],
)
def test_small_print_and_small_plates_are_shown_larger(lines, plates, scale):
    assert wanted_scale(lines, plates) == scale


@pytest.mark.parametrize(("doubtful", "scale"), [(False, SMALL_PLATES_SCALE), (True, USUAL_SCALE)])
def test_what_was_found_in_a_large_picture_counts_as_the_network_was_shown_it(doubtful, scale):
    """Of a plate that may be none nobody takes a closer look."""
    box = (0.0, 0.0, 200.0, 2.5 * MOST)
    plate = Detection(1, "plate", 0.2 if doubtful else 0.5, box, is_doubtful=doubtful)

    assert scale_of((1920, 1080), [plate]) == scale
    assert scale_of((640, 360), [plate]) == USUAL_SCALE
