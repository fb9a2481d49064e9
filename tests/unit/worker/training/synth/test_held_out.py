"""The sample video's words, fonts and sizes stay out of the training (PIP-2)."""

import re

import pytest
from PIL import ImageFont

from tests.data.make_sample import placed_texts
from worker.training.synth.held_out import (
    CLOCK_MINUTE,
    FONT_SIZES,
    WORDS,
    allowed_font_size,
    is_held_out_family,
    is_held_out_text,
)
from worker.training.synth.rng import Rng
from worker.training.synth.text import vocabulary
from worker.training.synth.text.fonts import find_faces, font_size, load

DRAWS = 3000


def test_every_word_of_the_sample_is_held_out():
    words = {
        word
        for placed in placed_texts()
        if placed.kind != "clock"
        for word in re.split(r"\W+", placed.text)
    }

    assert words <= WORDS


def test_the_minute_of_the_samples_clock_is_held_out():
    clocks = [placed.text for placed in placed_texts() if placed.kind == "clock"]

    assert clocks
    assert all(clock.startswith(CLOCK_MINUTE) for clock in clocks)


def test_every_font_of_the_sample_is_of_a_held_out_family():
    fonts = {placed.style.font for placed in placed_texts()}

    assert all(is_held_out_family(font) for font in fonts)


def test_every_size_of_the_sample_is_held_out():
    assert {placed.style.size for placed in placed_texts()} <= FONT_SIZES


def test_no_listed_word_is_a_held_out_one():
    listed = {*vocabulary.COMMON_WORDS, *vocabulary.SYLLABLES}

    assert not [word for word in listed if is_held_out_text(word)]


@pytest.mark.parametrize(
    "draw",
    [
        vocabulary.word,
        vocabulary.line,
        vocabulary.plate,
        vocabulary.stamp,
        vocabulary.short,
        vocabulary.readout,
    ],
    ids=lambda draw: draw.__name__,
)
def test_no_drawn_text_holds_a_held_out_word(draw):
    rng = Rng(3)
    texts = [draw(rng) for _ in range(DRAWS)]

    held_clock = re.compile(rf"(?<![:\d]){CLOCK_MINUTE}(?!\d)")
    assert not [text for text in texts if is_held_out_text(text) or held_clock.search(text)]


@pytest.mark.parametrize("text", ["harbour", "Ferry!", "the STORM passes", "KTR-4827", "ktr 12"])
def test_case_and_punctuation_do_not_hide_a_held_out_word(text):
    assert is_held_out_text(text)


def test_a_word_that_only_contains_a_held_out_one_is_free():
    assert not is_held_out_text("happier brainstorm 48270")


def test_fonts_of_held_out_families_are_not_found(font_folder):
    names = {path.name for path in font_folder.glob("DejaVu*.ttf")}
    faces = find_faces(font_folder)

    assert names
    assert faces
    assert not names & {face.path.name for face in faces}


def test_no_cap_height_asks_for_a_held_out_size():
    sizes = {font_size(tenths / 10) for tenths in range(20, 2000)}

    assert not sizes & FONT_SIZES


def test_a_held_out_size_becomes_the_next_one_up():
    assert allowed_font_size(28) == 29
    assert allowed_font_size(30) == 30


def test_a_loaded_font_has_the_size_that_was_allowed(font_folder):
    font = load(font_folder / "STIXGeneral.ttf", font_size(28 * 0.72))

    assert isinstance(font, ImageFont.FreeTypeFont)
    assert font.size == 29
