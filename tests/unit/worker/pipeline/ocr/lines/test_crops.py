"""Crops of lines as the line reader takes them."""

import numpy as np

from worker.pipeline.ocr.lines.crops import LONGEST_PIXELS, line_crop
from worker.pipeline.ocr.lines.network import HEIGHT_PIXELS


def test_a_crop_keeps_its_proportions_and_is_cut_at_the_pictures_edge():
    picture = np.zeros((50, 200, 3), np.uint8)
    picture[10:30, 20:180] = 200

    inside, beyond = (line_crop(picture, box) for box in ((20, 10, 180, 30), (-9, -9, 200, 41)))

    assert inside.shape == (HEIGHT_PIXELS, 160 * HEIGHT_PIXELS // 20)
    assert inside.min() == 200
    assert beyond.shape == (HEIGHT_PIXELS, round(200 * HEIGHT_PIXELS / 41))
    assert line_crop(picture, (5, 5, 9, 30)) is None


def test_a_very_long_line_stays_bounded():
    ticker = np.zeros((20, 9000, 3), np.uint8)

    assert line_crop(ticker, (0, 0, 9000, 20)).shape == (HEIGHT_PIXELS, LONGEST_PIXELS)
