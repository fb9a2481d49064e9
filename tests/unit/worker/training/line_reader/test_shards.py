"""Shards of crops and the window of the newest ones."""

from collections import Counter

import numpy as np

from worker.pipeline.ocr.lines.network import HEIGHT_PIXELS
from worker.training.line_reader.crops import Crop
from worker.training.line_reader.shards import WIDTHS, Window, read_shard, write_shard
from worker.training.synth.rng import Rng


def shard(number, widths=(40, 100, 400)):
    return tuple(
        Crop(np.full((HEIGHT_PIXELS, width), number, np.uint8), f"line {number}", "sign")
        for width in widths
    )


def test_a_shard_comes_back_as_it_was_written(tmp_path):
    write_shard(tmp_path / "lines.npz", (*shard(1), Crop(shard(2)[0].grey, "", "empty")))

    crops = read_shard(tmp_path / "lines.npz")

    assert [crop.grey.shape[1] for crop in crops] == [40, 100, 400, 40]
    assert [(crop.text, crop.kind) for crop in crops[2:]] == [("line 1", "sign"), ("", "empty")]
    assert [crop.grey.max() for crop in crops] == [1, 1, 1, 2]


def test_the_window_holds_the_newest_shards_and_asks_for_each_once():
    asked = []
    window = Window(lambda number: asked.append(number) or shard(number), 3)
    for end in (2, 2, 5):
        window.move(end)

    assert asked == [0, 1, 2, 3, 4]
    drawn = {crop.text for step in range(60) for crop in window.batch(Rng(step), 32).crops}
    assert drawn == {"line 2", "line 3", "line 4"}


def test_a_window_taken_up_late_asks_for_no_more_than_it_holds():
    asked = []
    window = Window(lambda number: asked.append(number) or shard(number), 3)

    window.move(90)

    assert asked == [87, 88, 89]


def test_a_batch_is_of_one_width_and_every_crop_is_as_probable():
    window = Window(lambda number: shard(number, (60, 60, 60, 500)), 3)
    window.move(3)
    batches = [window.batch(Rng(step), 16) for step in range(400)]

    drawn = Counter(crop.grey.shape[1] for batch in batches for crop in batch.crops)
    for batch in batches:
        assert batch.width in WIDTHS
        assert all(crop.grey.shape[1] <= batch.width for crop in batch.crops)
    assert 0.7 < drawn[60] / drawn[500] / 3 < 1.4
