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
    for row, count in ((upper, 3), (lower, 5)):
        picture[slice(*row), 30:110:15][:, :count] = 20
        picture[slice(*row), 31:111:15][:, :count] = 20
        picture[slice(*row), 32:112:15][:, :count] = 20
    return picture


def strokes(grey):
    """How many dark strokes stand side by side, and the part of the rows that have any."""
    dark = grey < 120
    columns = dark.mean(0) > 0.3
    return int((np.diff(columns.astype(int)) == 1).sum()), dark.any(1).mean()


@pytest.mark.parametrize(("upper", "lower"), [((25, 50), (65, 90)), ((34, 58), (68, 92))])
def test_the_lower_row_stands_beside_the_upper_one(upper, lower):
    """Also where a strip along the top moves both down."""
    crop = stacked_crop(with_strokes(upper, lower), (20.0, 20.0, 120.0, 100.0))

    left, right = crop[:, : WIDTH_PIXELS // 2], crop[:, WIDTH_PIXELS // 2 :]
    assert (strokes(left)[0], strokes(right)[0]) == (3, 5)
    # Neither half shows more than a margin of the other row.
    assert all(0.4 < strokes(half)[1] < 0.85 for half in (left, right))
