"""Lines that run at a slant, round an arc, up or down, made level."""

import math

import cv2
import numpy as np
import pytest

from worker.pipeline.boxes import may_run_up
from worker.pipeline.frame import Reading
from worker.pipeline.ocr.lines.rectify import Arc, Slant, Turn, read_rectified
from worker.training.synth.items.arch import arched
from worker.training.synth.patch import TEXT, Box, Patch

HIGH, LONG = 40, 240
GROUND = 210


def strip():
    """A level line (40, 240, 3) of bars that differ, so that it fits itself in one place alone."""
    picture = np.full((HIGH, LONG, 3), GROUND, np.uint8)
    for left, top, right in ((4, 4, 16), (30, 18, 70), (84, 4, 92), (110, 22, 150), (190, 6, 236)):
        cv2.rectangle(picture, (left, top), (right, HIGH - 6), (20, 30, 40), -1)
    return picture


def slanted(degrees):
    """The strip turned about its middle, cut by the upright box round it."""
    turn = math.radians(abs(degrees))
    width = math.ceil(LONG * math.cos(turn) + HIGH * math.sin(turn))
    height = math.ceil(LONG * math.sin(turn) + HIGH * math.cos(turn))
    matrix = cv2.getRotationMatrix2D((LONG / 2, HIGH / 2), -degrees, 1.0)
    matrix[:, 2] += (width - LONG) / 2, (height - HIGH) / 2
    return cv2.warpAffine(strip(), matrix, (width, height), borderValue=(GROUND,) * 3)


def bent(degrees, *, over):
    """The strip round so much of a circle, cut by the upright box round it."""
    whole = Patch(strip(), np.full((HIGH, LONG), 255, np.uint8), (Box(TEXT, 0.0, 0.0, LONG, HIGH),))
    patch = arched(whole, degrees, over=over)
    [box] = patch.boxes
    return patch.pixels[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]


def likeness(level):
    """How much a picture looks like the strip, -1 to 1."""
    same = cv2.resize(level, (LONG, HIGH), interpolation=cv2.INTER_AREA)
    return float(np.corrcoef(same.ravel(), strip().ravel())[0, 1])


@pytest.mark.parametrize("degrees", [-21, -8, 8, 14])
def test_a_slanted_line_is_made_level(degrees):
    cut = slanted(degrees)

    assert likeness(Slant(degrees).rectified(cut)) > 0.9
    wrong = Slant(-degrees).rectified(cut)
    assert likeness(wrong) < 0.6
    assert likeness(cut) < 0.6


@pytest.mark.parametrize("over", [True, False])
@pytest.mark.parametrize("degrees", [60, 110, 150])
def test_a_line_round_an_arc_is_made_level(degrees, over):
    cut = bent(degrees, over=over)
    share = HIGH / cut.shape[0]

    assert likeness(Arc(share, over).rectified(cut)) > 0.9
    assert likeness(Arc(share, not over).rectified(cut)) < 0.6
    assert likeness(cut) < 0.6


@pytest.mark.parametrize("quarters", [1, 3])
def test_a_line_that_runs_up_or_down_is_made_level(quarters):
    cut = np.rot90(strip(), -quarters)

    assert likeness(Turn(quarters).rectified(cut)) > 0.99
    assert may_run_up((0, 0, HIGH, LONG))


@pytest.mark.parametrize(
    ("baseline", "rows", "columns"),
    [
        (Slant(14), 40, 240),
        (Slant(14), 40, 4),
        (Arc(0.5, over=True), 10, 60),
        (Arc(0.5, over=True), 40, 400),
        (Turn(1), 40, 40),
        (Turn(1), 40, 5),
    ],
)
def test_no_line_runs_so_through_such_a_box(baseline, rows, columns):
    assert baseline.rectified(np.zeros((rows, columns, 3), np.uint8)) is None


def test_a_line_is_read_along_the_baseline_that_gives_the_most_confident_reading():
    pictures = [slanted(18), bent(120, over=False), np.ascontiguousarray(np.rot90(strip()))]
    places = [(picture, (0.0, 0.0, *picture.shape[1::-1])) for picture in pictures]

    read = read_rectified(
        places, lambda levels: [Reading("BARS", likeness(one)) for one, _ in levels]
    )

    assert [one.text for one in read] == ["BARS"] * 3
    assert all(one.confidence > 0.85 for one in read)


@pytest.mark.parametrize("degrees", [-3, 3, 4, 6, 11, 17, 20])
def test_a_line_at_any_slant_comes_within_two_degrees_of_level(degrees):
    picture = slanted(degrees)
    nearest = likeness(Slant(degrees + math.copysign(2, degrees)).rectified(picture))

    [read] = read_rectified(
        [(picture, (0.0, 0.0, *picture.shape[1::-1]))],
        lambda levels: [Reading("BARS", likeness(one)) for one, _ in levels],
    )

    assert read.confidence >= min(nearest, 0.9)


def test_where_nothing_is_read_on_any_baseline_there_is_nothing():
    places = [(slanted(18), (0.0, 0.0, 200.0, 80.0)), (strip(), (5.0, 5.0, 5.0, 5.0))]

    read = read_rectified(places, lambda levels: [Reading("", 0.99) for _ in levels])

    assert read == [Reading("", 0.0)] * 2
