"""Screens to measure on: pages, what a browser shows of them, and what of it was read."""

import numpy as np
import pytest

from worker.training.evaluation.screens.drawn import NoBrowser, Screen, screens
from worker.training.evaluation.screens.pages import PAGES, page
from worker.training.evaluation.screens.read import screens_read

NOTHING = np.zeros((4, 4, 3), np.uint8)


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_is_the_same_for_the_same_seed_and_no_other(kind):
    assert page(kind, 1, 0) == page(kind, 1, 0)
    assert len({page(kind, 1, 0), page(kind, 1, 1), page(kind, 2, 0)}) == 3


def test_a_browser_tells_the_words_that_it_shows_and_those_that_its_edge_cuts():
    drawn = screens(1, 1)
    kind, article = next(drawn)
    drawn.close()

    written = page("article", 1, 0)
    assert kind == "article"
    assert article.picture.shape == (720, 1280, 3)
    assert article.picture.std() > 10
    assert len(article.words) > 100
    assert all(word in written for word in (*article.words, *article.cut))


def test_without_a_browser_one_is_told_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(NoBrowser, match="apt-get install chromium chromium-driver"):
        next(screens(1, 1))


def test_words_count_once_each_and_those_at_the_edge_not_at_all():
    taken = Screen(NOTHING, ("Save", "as", "as"), cut=("Cancel",))

    figures = screens_read(lambda _: "save as Cancel noise", [("form", taken), ("form", taken)])

    assert figures["words recall, screens: form"].value == pytest.approx(2 / 3)
    assert figures["words precision, screens: form"].value == pytest.approx(2 / 3)
    assert figures["words recall, screens: all"] == figures["words recall, screens: form"]
