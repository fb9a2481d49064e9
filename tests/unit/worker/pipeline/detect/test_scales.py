import pytest

from worker.pipeline.detect.scales import (
    DENSE_FROM_LINES,
    DENSE_SCALE,
    SMALL_LINE_PIXELS,
    USUAL_SCALE,
    scale_of,
    wanted_scale,
)
from worker.pipeline.frame import Detection


def boxes(count, height):
    return [(0.0, 40.0 * at, 90.0, 40.0 * at + height) for at in range(count)]


@pytest.mark.parametrize(
    ("lines", "scale"),
    [
        ([], USUAL_SCALE),
        (boxes(DENSE_FROM_LINES, SMALL_LINE_PIXELS - 1), DENSE_SCALE),
        (boxes(DENSE_FROM_LINES - 1, SMALL_LINE_PIXELS - 1), USUAL_SCALE),
        (boxes(DENSE_FROM_LINES, SMALL_LINE_PIXELS), USUAL_SCALE),
    ],
)
def test_many_small_lines_are_shown_larger(lines, scale):
    assert wanted_scale(lines) == scale


@pytest.mark.parametrize(("name", "scale"), [("text", DENSE_SCALE), ("plate", USUAL_SCALE)])
def test_lines_in_a_large_picture_count_as_the_network_was_shown_them(name, scale):
    found = [Detection(0, name, 0.5, box) for box in boxes(DENSE_FROM_LINES, 30)]

    assert scale_of((1920, 1080), found) == scale
    assert scale_of((640, 360), found) == USUAL_SCALE
