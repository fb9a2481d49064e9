"""Frames with text of one kind alone."""

import pytest

from worker.pipeline.detect.weights import SHIPPED
from worker.training.evaluation.finding import open_detector
from worker.training.evaluation.kinds import KINDS, kinds_found


@pytest.fixture(scope="module")
def figures(assets):
    return kinds_found(open_detector(SHIPPED, pixels=320), assets, 3)


def test_every_kind_has_its_recall_and_precision(figures):
    wanted = {f"{kind} {figure}" for kind in KINDS for figure in ("recall", "precision")}

    assert wanted <= set(figures)


def test_large_words_are_found_in_a_small_input(figures):
    assert figures["large words recall"].value > 0


def test_frames_without_text_are_counted_one_by_one(figures):
    assert figures["boxes a frame without text at 0.35"].cases == 3
