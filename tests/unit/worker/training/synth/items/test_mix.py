"""What is put into scenes to be found."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from worker.training.synth.items.mix import ITEMS, LARGE_ITEMS
from worker.training.synth.items.site import Site
from worker.training.synth.rng import Rng

SIDE = 400
SEEDS = 12
PUT = {
    item.__name__.removeprefix("_").removeprefix("put_"): item for item in {**ITEMS, **LARGE_ITEMS}
}


def sites(assets):
    for seed in range(SEEDS):
        ground = np.full((SIDE, SIDE, 3), 128, np.uint8)
        yield Site(Rng(seed), assets, ground, np.zeros((SIDE, SIDE), np.uint8))


@pytest.mark.parametrize("name", PUT)
def test_what_is_put_has_boxes_and_takes_its_place(assets, name):
    found = [(site, PUT[name](site)) for site in sites(assets)]

    put = [(site, boxes) for site, boxes in found if boxes]
    assert len(put) > SEEDS / 2
    for site, boxes in put:
        assert site.taken.any()
        assert all(-1 < box.left < box.right < SIDE + 1 for box in boxes)


def test_a_word_by_itself_may_fill_half_of_the_picture(assets):
    boxes = [box for site in sites(assets) for box in PUT["word"](site) or ()]

    assert max(box.width for box in boxes) > SIDE / 2
    assert max(box.height for box in boxes) > SIDE / 5


def test_the_lines_of_small_print_are_many_and_close(assets):
    pages = [[box.top for box in PUT["print"](site) or ()] for site in sites(assets)]

    assert max(map(len, pages)) >= 15
    assert min(np.diff(sorted(tops)).mean() for tops in pages if len(tops) > 5) < 20


def test_slanted_neighbours_are_boxes_that_overlap(assets):
    pairs = [
        (upper, lower)
        for site in sites(assets)
        for boxes in [PUT["slanted"](site) or ()]
        for upper, lower in pairwise(boxes)
    ]

    assert any(upper.bottom > lower.top for upper, lower in pairs)


def test_a_short_text_is_one_small_box(assets):
    found = [PUT["short"](site) for site in sites(assets)]

    assert {len(boxes) for boxes in found if boxes} == {1}


def test_lines_up_and_down_are_higher_than_wide(assets):
    boxes = [box for site in sites(assets) for box in PUT["sideways"](site) or ()]

    whole = [box for box in boxes if box.visible == 1]
    assert sum(box.height > 1.5 * box.width for box in whole) > len(whole) * 2 / 3


def test_a_line_round_an_arc_has_a_box_of_its_whole_arc(assets):
    """Half of them are twice as high as a level line of that length, at least."""
    arches = [box for site in sites(assets) for box in PUT["arch"](site) or ()]
    labels = [box for site in sites(assets) for box in PUT["label"](site) or ()]

    arched, level = (
        np.median([box.height / box.width for box in boxes]) for boxes in (arches, labels)
    )
    assert arched > 1.4 * level


def test_a_column_of_numbers_is_a_box_for_each(assets):
    columns = [PUT["column"](site) or () for site in sites(assets)]

    assert max(map(len, columns)) > 10
    assert np.median([box.height for boxes in columns for box in boxes]) < SIDE / 10


def test_the_cells_of_a_table_stand_in_rows_and_in_columns(assets):
    tables = [boxes for site in sites(assets) if (boxes := PUT["table"](site))]

    for boxes in tables:
        pairs = [
            (max(one.left, other.left) - min(one.right, other.right), one, other)
            for one, other in combinations(boxes, 2)
            if (one.top + one.bottom) / 2 > other.top and (other.top + other.bottom) / 2 > one.top
            if (one.top + one.bottom) / 2 < other.bottom
        ]
        assert any(gap > one.height for gap, one, _ in pairs)
        assert all(gap > 0 for gap, _, _ in pairs)
