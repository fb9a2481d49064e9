import itertools

import numpy as np

from worker.pipeline.ocr.engines.base import Line, Page
from worker.pipeline.ocr.strips import OVERLAP_PIXELS, STRIP_PIXELS, joined, strips_of


def blank(height, width=320):
    return np.full((height, width), 200, np.uint8)


def pages_for(strips, read):
    """What each strip reads, by its top row and scale."""
    return [Page(tuple(read.get((strip.top, strip.scale), ()))) for strip in strips]


def test_strips_cover_the_whole_frame_and_overlap():
    strips = strips_of(blank(720))[1:]

    assert strips[0].top == 0
    assert strips[-1].bottom == 720
    for above, below in itertools.pairwise(strips):
        assert above.bottom - below.top >= OVERLAP_PIXELS


def test_strips_are_enlarged_in_a_frame_of_common_size_only():
    assert [strip.scale for strip in strips_of(blank(400))] == [1, 2, 2]
    assert {strip.scale for strip in strips_of(blank(400, 3840))} == {1}


def test_a_line_read_in_a_strip_stands_in_the_frames_pixels():
    strips = strips_of(blank(400))
    top = strips[2].top
    line = Line("small", 0.9, (20.0, 40.0, 120.0, 80.0))

    page = joined(strips, pages_for(strips, {(top, 2): [line]}), height=400)

    assert page.lines == (Line("small", 0.9, (10.0, top + 20.0, 60.0, top + 40.0)),)


def test_a_line_that_two_tiles_read_stands_once_as_the_surer_read_it():
    strips = strips_of(blank(200))
    whole = Line("PLATF0RM", 0.6, (10.0, 20.0, 110.0, 40.0))
    large = Line("PLATFORM", 0.9, (20.0, 40.0, 220.0, 80.0))

    page = joined(strips, pages_for(strips, {(0, 1): [whole], (0, 2): [large]}), height=200)

    assert [line.text for line in page.lines] == ["PLATFORM"]


def test_half_a_line_at_a_strips_cut_edge_is_left_to_the_next_strip():
    strips = strips_of(blank(400))
    half = Line("hal", 0.9, (0.0, 2.0 * STRIP_PIXELS - 20, 80.0, 2.0 * STRIP_PIXELS))

    assert joined(strips, pages_for(strips, {(0, 2): [half]}), height=400).lines == ()


def test_what_is_doubtful_in_a_strip_is_left_out():
    strips = strips_of(blank(200))
    leaves = Line("~i|", 0.2, (0.0, 50.0, 80.0, 90.0))

    assert joined(strips, pages_for(strips, {(0, 2): [leaves]}), height=200).lines == ()


def test_a_tile_that_failed_fails_the_page():
    strips = strips_of(blank(200))

    assert joined(strips, [Page(), Page(failed=True)], height=200).failed
