"""Crops of lines: what they show, what they say, and that a seed repeats them."""

import numpy as np
import pytest

from worker.pipeline.ocr.lines.alphabet import is_spelled
from worker.pipeline.ocr.lines.crops import LOWEST_PIXELS
from worker.pipeline.ocr.lines.network import COLUMN_PIXELS, HEIGHT_PIXELS
from worker.training.line_reader.crops import (
    EMPTY,
    KINDS,
    PLATE,
    columns_needed,
    make_crops,
    make_sights,
)
from worker.training.line_reader.drawing import STYLES
from worker.training.line_reader.words import Words

WORDS = Words(())
SCENES = 150


@pytest.fixture(scope="module")
def crops(assets):
    return [crop for index in range(SCENES) for crop in make_crops(assets, WORDS, 1, index)]


def test_a_scene_gives_the_same_crops_for_the_same_seed_and_number(assets):
    first, again, other = (make_crops(assets, WORDS, seed, 8) for seed in (1, 1, 2))

    assert [crop.text for crop in first] == [crop.text for crop in again]
    assert all(np.array_equal(one.grey, two.grey) for one, two in zip(first, again, strict=True))
    assert [crop.grey.tobytes() for crop in first] != [crop.grey.tobytes() for crop in other]


def test_crops_are_of_every_kind_and_as_the_reader_takes_them(crops):
    assert {crop.kind for crop in crops} == set(KINDS)
    assert set(STYLES) | {PLATE, EMPTY} == set(KINDS)
    assert {crop.grey.shape[0] for crop in crops} == {HEIGHT_PIXELS}
    assert {crop.grey.dtype for crop in crops} == {np.dtype(np.uint8)}


def test_what_a_crop_says_can_be_said_in_its_columns(crops):
    for crop in crops:
        assert is_spelled(crop.text)
        assert crop.grey.shape[1] // COLUMN_PIXELS >= columns_needed(crop.text)


def test_only_crops_without_text_say_nothing(crops):
    assert {crop.kind for crop in crops if not crop.text} == {EMPTY}


def test_a_pair_of_like_characters_takes_a_column_more():
    assert columns_needed("1001 a") == 7


def test_a_sight_is_a_line_in_its_picture_as_a_detector_finds_it(assets):
    sights = [sight for index in range(14) for sight in make_sights(assets, WORDS, 1, index)]

    assert len({sight.text for sight in sights}) > 14
    for sight in sights:
        left, top, right, bottom = sight.box
        height, width = sight.picture.shape[:2]
        assert left < width
        assert top < height
        assert min(right, bottom) > 0
        assert bottom - top >= LOWEST_PIXELS


def test_every_styles_turn_comes_and_a_number_repeats_its_lines(assets):
    one, again = (
        [(sight.text, sight.box) for sight in make_sights(assets, WORDS, 2, 5)] for _ in range(2)
    )

    assert one == again
