"""Tiles: what they are made of, and that their number decides them."""

import numpy as np
import pytest

from worker.training.synth.assets import Assets, AssetsMissing, load_assets
from worker.training.synth.items.hard import put_word
from worker.training.synth.patch import PLATE, TEXT
from worker.training.synth.scene import make_tile

SIDE = 320
TILES = 30


@pytest.fixture(scope="module")
def tiles(assets: Assets):
    return [make_tile(assets, 5, index, side=SIDE) for index in range(TILES)]


def test_a_tile_is_the_same_for_the_same_seed_and_number(assets, tiles):
    again = make_tile(assets, 5, 7, side=SIDE)

    assert np.array_equal(again.picture, tiles[7].picture)
    assert again.boxes == tiles[7].boxes


def test_another_seed_makes_another_tile(assets, tiles):
    other = make_tile(assets, 6, 7, side=SIDE)

    assert not np.array_equal(other.picture, tiles[7].picture)


def test_every_tile_is_a_picture_of_the_size_asked_for(tiles):
    assert {tile.picture.shape for tile in tiles} == {(SIDE, SIDE, 3)}
    assert {tile.picture.dtype for tile in tiles} == {np.dtype(np.uint8)}


def test_every_box_lies_in_its_tile(tiles):
    boxes = [box for tile in tiles for box in tile.boxes]

    assert all(0 <= box.left < box.right <= SIDE for box in boxes)
    assert all(0 <= box.top < box.bottom <= SIDE for box in boxes)


def test_tiles_hold_text_and_plates_and_some_nothing(tiles):
    kinds = [{box.kind for box in tile.boxes} for tile in tiles]

    assert set() in kinds
    assert {TEXT, PLATE} <= set.union(*kinds)


def test_there_is_ink_in_every_box(tiles):
    inside = [
        tile.picture[int(box.top) : int(box.bottom) + 1, int(box.left) : int(box.right) + 1]
        for tile in tiles
        for box in tile.boxes
    ]

    assert min(part.std() for part in inside) > 1


def test_a_tile_of_no_items_has_no_box_and_one_of_an_item_no_other(assets):
    bare = [make_tile(assets, 5, index, side=SIDE, items={}) for index in range(4)]
    words = [make_tile(assets, 5, index, side=SIDE, items={put_word: 1.0}) for index in range(9)]

    assert not any(tile.boxes for tile in bare)
    assert {box.kind for tile in words for box in tile.boxes} == {TEXT}


def test_missing_fonts_and_pictures_are_named_with_what_to_do(tmp_path):
    with pytest.raises(AssetsMissing, match=r"packages\.txt"):
        load_assets(tmp_path)
