"""Plates with known numbers: what they say, how they look, and that a seed repeats them."""

import numpy as np
import pytest

from worker.pipeline.ocr.plates.crops import HEIGHT_PIXELS, WIDTH_PIXELS
from worker.training.reader.crops import load_crops, make_crop, make_sight
from worker.training.synth.held_out import WORDS
from worker.training.synth.plates.glyphs import DRAWN_PIXELS, GLYPHS, any_die, stamped
from worker.training.synth.plates.numbered import numbered_plate
from worker.training.synth.plates.numbers import ALPHABET, LONGEST, number, read_as
from worker.training.synth.rng import Rng


def test_numbers_are_readable_never_the_samples_and_of_many_formats():
    drawn = [number(Rng(1, index)) for index in range(500)]
    read = [read_as(text) for text in drawn]

    assert all(2 <= len(text) <= LONGEST and set(text) <= set(ALPHABET) for text in read)
    assert WORDS.isdisjoint(read)
    assert len({"".join("D" if c.isdigit() else "L" for c in text) for text in read}) > 40
    assert any(text != plain for text, plain in zip(drawn, read, strict=True))


def test_every_character_has_a_die_and_no_two_look_the_same():
    die = any_die(Rng(4))
    inks = {character: stamped(character, die, 0.3) for character in ALPHABET if character != "O"}

    assert set(GLYPHS) == set(ALPHABET)
    assert all(ink.shape[0] == DRAWN_PIXELS and ink.max() == 255 for ink in inks.values())
    assert len({ink.tobytes() for ink in inks.values()}) == len(inks)


def test_a_gap_in_a_number_is_as_wide_as_asked():
    die = any_die(Rng(4))
    close, apart = (stamped("AB 12", die, gap).shape[1] for gap in (0.1, 0.6))

    assert apart - close == pytest.approx(0.5 * DRAWN_PIXELS, abs=2)


def test_a_plate_tells_its_number_and_where_it_is(assets):
    drawn = numbered_plate(Rng(2, 7), assets, 60)

    plate, letters = drawn.patch.boxes
    assert drawn.number == read_as(drawn.number)
    assert plate.left <= letters.left < letters.right <= plate.right
    assert plate.top <= letters.top < letters.bottom <= plate.bottom


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


def test_shards_made_before_are_read_and_not_made_again(tmp_path):
    greys = np.zeros((3, HEIGHT_PIXELS, WIDTH_PIXELS), np.uint8)
    np.savez(tmp_path / "crops-9-0000.npz", greys=greys, numbers=["A1", "", "B2"])

    [shard] = load_crops(tmp_path, 9, 3, processes=1)

    assert shard.numbers == ("A1", "", "B2")
    assert shard.greys.shape == greys.shape
