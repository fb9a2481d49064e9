"""Crops of tiles, and which tile a sample is cut from."""

import numpy as np
import pytest

from worker.training.detector.samples import GREY, WIDEST_WINDOW, crop
from worker.training.synth.patch import TEXT, Box
from worker.training.synth.rng import Rng
from worker.training.synth.scene import SIDE_PIXELS, Tile
from worker.training.synth.tiles import Ring, Supply

SIZE = 256


def tile_with(box):
    picture = np.zeros((576, 576, 3), np.uint8)
    picture[box.top : box.bottom, box.left : box.right] = 255
    return picture, np.array([[TEXT, box.left, box.top, box.right, box.bottom]], np.float32)


@pytest.mark.parametrize("seed", range(60))
def test_a_crops_box_is_round_what_it_shows(seed):
    picture, boxes = tile_with(Box(TEXT, 240, 260, 330, 310))

    piece, kept = crop(Rng(seed), picture, boxes, SIZE)

    grey = piece.astype(int).mean(2)
    if abs(grey[0, 0] - grey.max()) < 1 and len(kept):
        grey = 255 - grey
    for _, left, top, right, bottom in kept:
        inside = grey[int(top) + 1 : int(bottom) - 1, int(left) + 1 : int(right) - 1]
        assert inside.std() < 30
        around = grey[int(bottom) + 4 : int(bottom) + 8, int(left) : int(right)]
        assert not around.size or abs(inside.mean() - around.mean()) > 60
    assert ((kept[:, 1:] >= 0) & (kept[:, 1:] <= SIZE)).all()


def test_text_too_small_to_learn_from_is_no_truth():
    picture, boxes = tile_with(Box(TEXT, 240, 260, 330, 263))

    kept = [crop(Rng(seed), picture, boxes, 576)[1] for seed in range(20)]

    assert not any(len(rows) for rows in kept)


@pytest.mark.parametrize("size", [352, 576, 960])
def test_a_crop_shows_more_of_the_tile_than_of_what_is_around_it(size):
    white = np.full((576, 576, 3), 255, np.uint8), np.zeros((0, 5), np.float32)

    crops = [crop(Rng(seed), *white, size)[0] for seed in range(12)]

    for piece in crops:
        values, counts = np.unique(piece[:, :, 0], return_counts=True)
        assert values[counts.argmax()] not in (GREY[0], 255 - GREY[0])
        assert counts.max() >= 0.9 * size**2 / WIDEST_WINDOW**2


def test_a_crop_is_the_same_for_the_same_rng():
    picture, boxes = tile_with(Box(TEXT, 240, 260, 330, 310))

    one, other = (crop(Rng(9), picture, boxes, SIZE) for _ in range(2))

    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1])


def test_a_sample_comes_from_a_tile_that_the_ring_still_holds():
    supply = Supply(1, capacity=100, reuse=4, first=40, lead=20)

    for sample in range(0, 2000, 7):
        newest_made = supply.newest(sample) + supply.lead - 1
        assert newest_made - supply.capacity < supply.tile_of(sample) < supply.newest(sample)


def test_a_sample_comes_from_the_same_tile_in_every_run():
    tiles = [Supply(1).tile_of(sample) for sample in range(50)]

    assert tiles == [Supply(1).tile_of(sample) for sample in range(50)]
    assert tiles != [Supply(2).tile_of(sample) for sample in range(50)]


def test_the_ring_gives_back_what_was_put_and_forgets_the_oldest(tmp_path):
    ring = Ring(tmp_path, Supply(1, capacity=2))
    box = Box(TEXT, 1, 2, 30, 14)
    for index in range(3):
        picture = np.full((SIDE_PIXELS, SIDE_PIXELS, 3), index, np.uint8)
        ring.put(index, Tile(picture, (box,) * index))

    again = Ring(tmp_path, Supply(1, capacity=2))

    assert [again.holds(index) for index in range(4)] == [False, True, True, False]
    picture, boxes = again.get(2)
    assert picture.max() == 2
    assert boxes.tolist() == [[TEXT, 1, 2, 30, 14]] * 2
