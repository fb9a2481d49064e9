"""Pages in other languages, to measure what Tesseract's data for them do."""

import numpy as np
import pytest

from worker.training.evaluation.languages import WORDS, page
from worker.training.synth.assets import Assets, AssetsMissing


def test_a_page_has_words_of_its_language_and_is_the_same_each_time(assets):
    first, again, other = page(assets, "deu", 0), page(assets, "deu", 0), page(assets, "deu", 1)

    known = {word.casefold() for word in WORDS["deu"]}
    assert {word.casefold() for text, _ in first.lines for word in text.split()} <= known
    assert first.lines == again.lines != other.lines
    np.testing.assert_array_equal(first.picture, again.picture)


def test_a_language_whose_letters_no_font_has_is_not_drawn_as_boxes():
    with pytest.raises(AssetsMissing, match="no font has the letters of rus"):
        page(Assets((), ()), "rus", 0)
