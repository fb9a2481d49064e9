"""Blocks of lines."""

import pytest

from worker.training.synth.rng import Rng
from worker.training.synth.text.lines import Block, lines


def test_lines_stand_as_close_as_asked(assets):
    close, wide = (
        lines(Rng(4), assets, Block(20, 4, panel=True, leading=leading))
        for leading in ((0.2, 0.2), (1.5, 1.5))
    )

    assert wide.height - close.height == pytest.approx(3 * 20 * 1.3, abs=4)


@pytest.mark.parametrize(
    "block",
    [
        Block(20, 3, panel=True),
        Block(20, 2),
        Block(12, 1, stamp=True),
        Block(12, 5, panel=True, buttons=True),
    ],
)
def test_a_block_has_a_box_for_each_line_in_reading_order(assets, block):
    patch = lines(Rng(4), assets, block)

    tops = [box.top for box in patch.boxes]
    assert len(tops) == block.lines
    assert tops == sorted(tops)
    assert all(box.bottom <= patch.height and box.right <= patch.width for box in patch.boxes)
