"""How often a reading of a confidence is right, and what Tesseract makes of crops."""

import cv2
import numpy as np
import pytest

from worker.training.calibration import fitted, read_by_tesseract


def test_a_fit_finds_how_often_readings_of_a_confidence_are_right():
    draws = np.random.default_rng(1)
    odds = draws.normal(0, 2, 4000)
    confidences = 1 / (1 + np.exp(-odds))
    right = draws.random(4000) < 1 / (1 + np.exp(1 - 0.5 * odds))

    offset, slope = fitted(list(zip(confidences.tolist(), right.tolist(), strict=True)))

    assert offset == pytest.approx(-1, abs=0.15)
    assert slope == pytest.approx(0.5, abs=0.1)


def test_a_fit_of_readings_that_are_all_right_stays_finite():
    assert np.isfinite(fitted([(0.9, True)] * 50)).all()


def test_every_crop_has_its_reading_in_order_and_none_where_there_is_no_crop():
    crop = np.full((48, 360), 255, np.uint8)
    cv2.putText(crop, "GATE 42", (10, 36), cv2.FONT_HERSHEY_DUPLEX, 1.2, 0, 2)

    before, read, after = read_by_tesseract([None, crop, None])

    assert read.text == "GATE 42"
    assert read.confidence > 0.5
    assert [(one.text, one.confidence) for one in (before, after)] == [("", 0.0), ("", 0.0)]
