"""Plates with known numbers: what they say, how they look, and that a seed repeats them."""

import numpy as np

from worker.pipeline.ocr.plates.crops import HEIGHT_PIXELS, WIDTH_PIXELS
from worker.training.reader.crops import load_crops, make_crop, make_sight
from worker.training.synth.plates.painter import STACKED


def test_a_crop_follows_from_seed_and_number_alone(assets):
    first, again, other = (make_crop(assets, seed, 3) for seed in (1, 1, 2))

    assert first.grey.shape == (HEIGHT_PIXELS, WIDTH_PIXELS)
    assert np.array_equal(first.grey, again.grey)
    assert first.number == again.number
    assert not np.array_equal(first.grey, other.grey)


def test_some_crops_say_nothing_so_that_the_reader_learns_to_say_nothing(assets):
    numbers = [make_crop(assets, 1, index).number for index in range(120)]

    assert 1 <= numbers.count("") <= 20


def test_a_sights_box_holds_most_of_its_plate(assets):
    for index in range(10):
        sight = make_sight(assets, 1, index)
        left, top, right, bottom = sight.box

        assert right - left > bottom - top > 5
        assert left < sight.picture.shape[1]
        assert top < sight.picture.shape[0]


def test_a_plate_in_two_rows_is_less_wide(assets):
    boxes = [make_sight(assets, 1, index, STACKED).box for index in range(10)]

    assert max((box[2] - box[0]) / (box[3] - box[1]) for box in boxes) < 2.4


def test_shards_made_before_are_read_and_not_made_again(tmp_path):
    greys = np.zeros((3, HEIGHT_PIXELS, WIDTH_PIXELS), np.uint8)
    np.savez(tmp_path / "crops-9-0000.npz", greys=greys, numbers=["A1", "", "B2"])

    [shard] = load_crops(tmp_path, 9, 3, processes=1)

    assert shard.numbers == ("A1", "", "B2")
    assert shard.greys.shape == greys.shape
