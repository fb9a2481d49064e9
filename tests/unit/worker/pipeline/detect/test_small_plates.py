"""Small plates are looked at closer, and what is seen there takes the place of what was found."""

import numpy as np
import pytest

from worker.pipeline.detect.letterbox import Letterbox
from worker.pipeline.detect.small_plates import (
    MOST_PLATES,
    MOST_SCALE,
    SMALL_PLATE_PIXELS,
    WANTED_PIXELS,
    WINDOW_PIXELS,
    looked_closer,
)
from worker.pipeline.frame import Detection, Frame

SIZE = (1280, 720)
FRAME = Frame(0, 0, np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
LEAST, MOST = SMALL_PLATE_PIXELS


def plate(height, *, left=600.0, top=300.0, confidence=0.6, doubtful=False):
    """A plate that is so high in the network's input, twice that in the picture."""
    box = (left, top, left + 4 * height, top + 2 * height)
    return Detection(1, "plate", confidence, box, is_doubtful=doubtful)


def line(left, top, name="text"):
    return Detection(0, name, 0.5, (left, top, left + 30, top + 10))


class Closer:
    """Sees the given boxes of the picture wherever it looks, and keeps how it looked."""

    def __init__(self, *seen, all_numbers=True):
        self.seen, self.all_numbers = seen, all_numbers
        self.scales, self.shapes = [], []

    def letterbox(self, size, *, scale=1.0):
        self.scales.append(scale)
        return Letterbox.of(size, longest=round(640 * scale), multiple=32)

    def infer(self, inputs):
        self.shapes += [one.shape[:2] for one in inputs]
        return [(np.zeros((len(self.seen), 6), np.float32), self.all_numbers) for _ in inputs]

    def detections(self, rows, letterbox):
        return self.seen


def test_a_small_plate_and_what_is_on_it_are_as_the_closer_look_sees_them():
    coarse, on_it, beside = plate(15), line(610, 310), line(100, 100)
    fine, number = plate(14, left=604.0), line(612, 308)
    searcher = Closer(fine, number, line(900, 600))

    found = looked_closer(searcher, FRAME, [coarse, on_it, beside])

    assert found == [fine, beside, number]
    assert searcher.shapes == [(WINDOW_PIXELS, WINDOW_PIXELS)]


@pytest.mark.parametrize(
    "coarse", [plate(MOST), plate(LEAST - 1), plate(15, doubtful=True), line(600, 300)]
)
def test_nothing_else_is_looked_at_closer(coarse):
    searcher = Closer(plate(14))

    assert looked_closer(searcher, FRAME, [coarse]) == [coarse]
    assert searcher.shapes == []


@pytest.mark.parametrize("height", [LEAST, 16, 20, MOST - 1])
def test_a_plate_is_shown_as_high_as_its_edges_are_found_best(height):
    searcher = Closer()

    looked_closer(searcher, FRAME, [plate(height)])

    [scale] = searcher.scales
    assert height * scale == pytest.approx(min(WANTED_PIXELS, height * MOST_SCALE))


@pytest.mark.parametrize(
    "searcher", [Closer(), Closer(line(612, 308)), Closer(plate(14), all_numbers=False)]
)
def test_where_the_closer_look_sees_no_plate_all_stays_as_it_was(searcher):
    found = [plate(15), line(610, 310)]

    assert looked_closer(searcher, FRAME, found) == found


def test_what_is_known_of_the_frame_already_is_not_found_twice():
    fine, number = plate(14), line(612, 308)

    found = looked_closer(Closer(fine, number), FRAME, [plate(15)], [number])

    assert found == [fine]


@pytest.mark.parametrize(("left", "top"), [(0.0, 0.0), (1240.0, 690.0)])
def test_a_plate_at_the_edge_is_looked_at_in_a_window_inside_the_picture(left, top):
    searcher = Closer()

    looked_closer(searcher, FRAME, [plate(12, left=left, top=top)])

    assert searcher.shapes == [(WINDOW_PIXELS, WINDOW_PIXELS)]


def test_two_plates_in_one_place_are_looked_at_once():
    fine = plate(14)
    searcher = Closer(fine)

    found = looked_closer(searcher, FRAME, [plate(15), plate(16, confidence=0.4)])

    assert found == [fine]
    assert len(searcher.shapes) == 1


def test_of_very_many_plates_the_most_confident_are_looked_at():
    searcher = Closer()
    plates = [
        plate(12, left=60.0 * at, top=40.0 * row, confidence=0.3 + at / 100)
        for at in range(20)
        for row in range(15)
    ]

    assert len(looked_closer(searcher, FRAME, plates)) == len(plates)
    assert len(searcher.shapes) == MOST_PLATES


def test_a_strip_lower_than_the_window_is_looked_at_in_all_its_height():
    searcher = Closer()
    strip = Frame(0, 0, np.zeros((100, SIZE[0], 3), np.uint8))

    looked_closer(searcher, strip, [plate(15, top=30.0)])

    assert searcher.shapes == [(128, WINDOW_PIXELS)]
