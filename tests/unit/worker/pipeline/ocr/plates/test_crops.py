import numpy as np
import pytest

from worker.pipeline.ocr.plates.crops import (
    HEIGHT_PIXELS,
    WIDTH_PIXELS,
    plate_crop,
    stacked_crop,
)


@pytest.mark.parametrize("cut", [plate_crop, stacked_crop])
@pytest.mark.parametrize("box", [(10.0, 10.0, 90.0, 50.0), (-30.0, -10.0, 400.0, 400.0)])
def test_a_plate_of_any_shape_is_cut_to_one_size(cut, box):
    picture = np.full((120, 160, 3), 90, np.uint8)

    assert cut(picture, box).shape == (HEIGHT_PIXELS, WIDTH_PIXELS)


def test_what_is_too_small_or_outside_is_no_plate():
    picture = np.full((120, 160, 3), 90, np.uint8)

    assert plate_crop(picture, (10.0, 10.0, 14.0, 13.0)) is None
    assert plate_crop(picture, (300.0, 10.0, 340.0, 30.0)) is None
    assert stacked_crop(picture, (10.0, 10.0, 40.0, 19.0)) is None
    assert stacked_crop(picture, (300.0, 10.0, 340.0, 30.0)) is None


def with_strokes(upper, lower):
    """A plate of 100 by 80 pixels: three strokes in its upper row, five in its lower one."""
    picture = np.full((120, 160, 3), 220, np.uint8)
    for (top, bottom), count in ((upper, 3), (lower, 5)):
        for left in range(30, 30 + 15 * count, 15):
            picture[top:bottom, left : left + 3] = 20
    return picture


@pytest.mark.parametrize(("upper", "lower"), [((25, 50), (65, 90)), ((40, 64), (72, 96))])
def test_the_lower_row_stands_beside_the_upper_one(upper, lower):
    """Also where a strip along the top moves both down."""
    crop = stacked_crop(with_strokes(upper, lower), (20.0, 20.0, 120.0, 100.0))

    dark = crop < 120
    left, right = dark[:, : WIDTH_PIXELS // 2], dark[:, WIDTH_PIXELS // 2 :]
    assert [_strokes(half) for half in (left, right)] == [3, 5]
    # Neither row is cut, and neither reaches into the other's half.
    assert not left[-3:].any()
    assert not right[:3].any()


def _strokes(dark):
    return int((np.diff((dark.mean(0) > 0.3).astype(int)) == 1).sum())
