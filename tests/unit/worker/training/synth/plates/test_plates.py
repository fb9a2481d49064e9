"""Plates: what they say, how they look, and what is on them that is not to be read."""

import numpy as np
import pytest

from worker.training.synth.held_out import WORDS
from worker.training.synth.patch import PLATE, TEXT, Box
from worker.training.synth.plates.fittings import Side, seal_gap, with_room
from worker.training.synth.plates.glyphs import DRAWN_PIXELS, GLYPHS, any_die, stamped
from worker.training.synth.plates.marks import MARKS
from worker.training.synth.plates.numbers import ALPHABET, LONGEST, number, read_as
from worker.training.synth.plates.painter import LAYOUTS, ONE_LINE, TWO_LINES, paint_plate
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
    drawn = paint_plate(Rng(2, 7), assets, 60, ONE_LINE)

    plate, letters = drawn.patch.boxes[:2]
    assert drawn.number == read_as(drawn.number)
    assert plate.left <= letters.left < letters.right <= plate.right
    assert plate.top <= letters.top < letters.bottom <= plate.bottom


def test_a_plate_has_one_plate_box_with_its_number_inside(assets):
    for seed in range(20):
        plate = paint_plate(Rng(seed), assets, 80)

        outer, number, *_ = plate.patch.boxes
        assert outer.kind == PLATE
        assert {box.kind for box in plate.patch.boxes[1:]} == {TEXT}
        assert outer.left <= number.left < number.right <= outer.right
        assert outer.top <= number.top < number.bottom <= outer.bottom


def test_a_strip_along_the_top_has_a_box_for_its_name(assets):
    strip = {layout: 1.0 for layout in LAYOUTS if layout.strip}

    plates = [paint_plate(Rng(seed), assets, 80, strip) for seed in range(8)]

    # A font that cannot set the name leaves the strip bare.
    drawn = [plate.patch.boxes[1:] for plate in plates if plate]
    named = [any(name.bottom < number.bottom for name in names) for number, *names in drawn]
    assert sum(named) >= len(drawn) - 1 > 5


def test_a_plate_of_two_lines_has_a_box_for_each(assets):
    plate = paint_plate(Rng(3), assets, 80, TWO_LINES)

    upper, lower = plate.patch.boxes[1:3]
    assert len(plate.lines) == 2
    assert upper.top < lower.top


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark.__name__)
def test_a_mark_stays_out_of_the_letters_beside_its_gap(mark):
    canvas = np.zeros((80, 300, 3), np.float32)

    mark(Rng(5), canvas, (150, 40), 20)

    assert canvas.any()
    assert not canvas[:, :120].any()
    assert not canvas[:, 181:].any()


@pytest.mark.parametrize("centre", [(-200, 40), (0, 0), (299, 79), (150, 500)])
@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark.__name__)
def test_a_mark_is_cut_off_at_the_plates_edge(mark, centre):
    canvas = np.full((80, 300, 3), 7.0, np.float32)

    for seed in range(5):
        mark(Rng(seed), canvas, centre, 20)

    changed = np.argwhere((canvas != 7).any(axis=2))
    if centre in ((0, 0), (299, 79)):
        assert len(changed)
    off = np.abs(changed - (centre[1], centre[0])).max(axis=1, initial=0)
    assert (off <= 45).all()


def test_letters_without_a_gap_get_marks_beside_them_alone():
    canvas = np.zeros((80, 400, 3), np.float32)
    for seed in range(200):
        letters = np.full((60, 200), 255, np.uint8)
        seal_gap(Rng(seed), canvas, letters, Box(TEXT, 100, 10, 300, 70))

    assert canvas[:, :100].any()
    assert canvas[:, 300:].any()
    assert not canvas[:, 110:290].any()


def test_room_that_was_left_beside_a_number_is_filled():
    for side, columns in ((Side.LEFT, slice(40, 100)), (Side.RIGHT, slice(300, 360))):
        canvas = np.zeros((80, 400, 3), np.float32)

        letters = np.full((60, 200), 255, np.uint8)
        seal_gap(Rng(3), canvas, letters, Box(TEXT, 100, 10, 300, 70), (side, 1.0))

        assert canvas[:, columns].any()
        canvas[:, columns] = 0
        assert not canvas.any()


def test_room_for_an_emblem_is_made_in_the_widest_gap():
    letters = np.full((60, 200), 255, np.uint8)
    letters[:, 50:55] = letters[:, 120:135] = 0

    roomier = [with_room(Rng(seed), letters) for seed in range(20)]

    widened = [ink for ink in roomier if ink.shape[1] > 200]
    assert 0 < len(widened) < len(roomier)
    for ink in widened:
        np.testing.assert_array_equal(ink[:, :120], letters[:, :120])
        np.testing.assert_array_equal(ink[:, -65:], letters[:, -65:])
        assert not ink[:, 120:-65].any()
