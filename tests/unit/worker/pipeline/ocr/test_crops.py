import cv2
import numpy as np
import pytest

from tests.data.videos import page
from worker.pipeline.ocr.crops import (
    BORDER_PIXELS,
    band_crop,
    line_crop,
    plain_crop,
    region_crop,
    tight_crop,
    upright_crop,
)

BOX_BEYOND_PANEL = (46.0, 56.0, 592.0, 104.0)
BOX = (36.0, 34.0, 300.0, 74.0)


@pytest.fixture
def picture():
    return page(["NORTH 100"])


def ground_and_ink(crop):
    inner = crop[BORDER_PIXELS:-BORDER_PIXELS, BORDER_PIXELS:-BORDER_PIXELS]
    return np.median(inner), np.percentile(inner, 2)


@pytest.mark.parametrize("make_crop", [line_crop, band_crop, plain_crop, tight_crop])
def test_a_line_is_grey_of_even_height_and_dark_on_light(picture, make_crop):
    crop = make_crop(picture, BOX)

    ground, ink = ground_and_ink(crop)
    assert crop.dtype == np.uint8
    assert crop.ndim == 2
    assert 55 <= crop.shape[0] <= 75
    assert ground > 200
    assert ink < 60


@pytest.mark.parametrize("make_crop", [line_crop, band_crop])
def test_light_letters_on_dark_are_turned_round(picture, make_crop):
    crop = make_crop(255 - picture, BOX)

    ground, ink = ground_and_ink(crop)
    assert ground > ink + 100


def test_the_border_is_one_shade_close_to_the_ground(picture):
    crop = line_crop(picture, BOX)

    border = crop[:BORDER_PIXELS]
    assert (border == border[0, 0]).all()
    assert abs(int(border[0, 0]) - ground_and_ink(crop)[0]) < 20


def ends_of_ink(crop):
    """How far the ink is from the crop's left and right end, in pixels, the border left out."""
    inner = crop[BORDER_PIXELS:-BORDER_PIXELS, BORDER_PIXELS:-BORDER_PIXELS]
    columns = np.flatnonzero((inner < 128).any(axis=0))
    return int(columns[0]), inner.shape[1] - 1 - int(columns[-1])


@pytest.mark.parametrize("shade", [1, -1])
def test_a_box_that_ends_inside_of_a_word_is_let_out_to_its_end(shade):
    """A detector cut `Gate` to `Gi`, and nobody could read more."""
    picture = page(["NORTHERN HARBOUR FERRY"], height=24)[:, :, ::-1][:, :, ::shade].copy()
    ink = np.argwhere(picture[:, :, 0] < 128)
    (top, left), (bottom, right) = ink.min(axis=0).tolist(), ink.max(axis=0).tolist()

    cut = tight_crop(picture, (left + 20.0, float(top), right - 20.0, bottom + 1.0))
    whole = tight_crop(picture, (float(left), float(top), right + 1.0, bottom + 1.0))

    assert ends_of_ink(cut)[0] > 0
    assert ends_of_ink(cut)[1] > 0
    assert abs(cut.shape[1] - whole.shape[1]) <= 4


def test_a_panels_edge_is_not_taken_for_a_letter():
    """It was read as a sign of punctuation at the end of nearly every second such line."""
    picture = np.full((120, 400, 3), 90, np.uint8)
    picture[30:90, 40:360] = 230
    picture[48:72, 60:340:8] = 20

    crop = tight_crop(picture, (60.0, 48.0, 340.0, 72.0))

    assert min(ends_of_ink(crop)) > 0
    assert crop.shape[1] < (280 + 20) * 40 / 24 + 2 * BORDER_PIXELS


@pytest.mark.parametrize("make_crop", [tight_crop, line_crop])
@pytest.mark.parametrize("shade", [1, -1])
def test_a_panels_edges_inside_the_box_are_cut_off_with_what_is_beyond(make_crop, shade):
    """A sign's frame and the dark sky beside it were read as J, ] and i."""
    picture = np.full((160, 640, 3), 60, np.uint8)
    picture[30:130, 60:580] = 20
    picture[38:122, 68:572] = 230
    picture[62:98, 100:540:12] = picture[62:66, 100:540] = 20

    crop = make_crop(picture if shade > 0 else 255 - picture, BOX_BEYOND_PANEL)

    assert min(ends_of_ink(crop)) > BORDER_PIXELS
    columns = (crop < 128).mean(axis=0)
    assert columns.max() < 0.9


@pytest.mark.parametrize("text", ["HILL", "ILLINI", "NORTH"])
def test_a_letters_stroke_at_an_end_of_the_box_is_no_edge(text):
    picture = page([text], height=40)
    ink = np.argwhere(picture[:, :, 0] < 128)
    (top, left), (bottom, right) = ink.min(axis=0).tolist(), (ink.max(axis=0) + 1).tolist()
    box = (float(left), float(top), float(right), float(bottom))

    crop = tight_crop(picture, box)

    assert crop.shape[1] >= (right - left) * 40 / (bottom - top + 4) + 2 * BORDER_PIXELS


def test_a_box_amid_texture_stays_as_it_is():
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 255, (120, 400, 3), dtype=np.uint8)

    crop = tight_crop(picture, (100.0, 40.0, 300.0, 80.0))

    assert crop.shape[1] == pytest.approx(204 * 40 / 44 + 2 * BORDER_PIXELS, abs=2)


def test_letters_come_out_at_one_height_whatever_their_size():
    heights = []
    for size in (16, 40, 80):
        picture = page(["NORTH"], height=size)
        ink = np.argwhere(picture[:, :, 0] < 128)
        (top, left), (bottom, right) = ink.min(axis=0), ink.max(axis=0) + 1
        heights.append(
            band_crop(picture, (left - 3.0, top - 3.0, right + 3.0, bottom + 3.0)).shape[0]
        )

    assert max(heights) - min(heights) <= 12


def test_a_slanted_line_is_straightened(picture):
    slope = np.tan(np.radians(6))
    shear = np.array([[1, 0, 0], [slope, 1, 0]], dtype=np.float32)
    slanted = cv2.warpAffine(picture, shear, (640, 360), borderMode=cv2.BORDER_REPLICATE)

    crop = line_crop(slanted, (36.0, 36.0, 300.0, 106.0))

    rows = np.flatnonzero((crop < 100).any(axis=1))
    left, right = crop[:, : crop.shape[1] // 3], crop[:, -crop.shape[1] // 3 :]
    middles = [np.flatnonzero((part < 100).any(axis=1)).mean() for part in (left, right)]
    assert rows.size > 10
    assert abs(middles[0] - middles[1]) < 5


def test_a_box_without_a_clear_line_is_taken_as_it_is():
    dots = np.full((100, 100, 3), 90, dtype=np.uint8)
    dots[50, 20:80:6] = 250
    box = (10.0, 20.0, 90.0, 80.0)

    assert np.array_equal(band_crop(dots, box), plain_crop(dots, box))


@pytest.mark.parametrize(
    "make_crop", [line_crop, band_crop, upright_crop, plain_crop, tight_crop, region_crop]
)
def test_a_blank_is_not_worth_reading(make_crop):
    blank = np.full((100, 100, 3), 90, dtype=np.uint8)

    assert make_crop(blank, (10.0, 10.0, 90.0, 50.0)) is None


@pytest.mark.parametrize(
    "make_crop", [line_crop, band_crop, upright_crop, plain_crop, tight_crop, region_crop]
)
@pytest.mark.parametrize("box", [(10.0, 10.0, 12.0, 40.0), (5.0, 5.0, 5.0, 5.0)])
def test_a_sliver_is_not_worth_reading(picture, make_crop, box):
    assert make_crop(picture, box) is None or min(make_crop(picture, box).shape) > 2 * BORDER_PIXELS


def test_a_box_at_the_edge_is_cut_to_the_picture(picture):
    assert region_crop(picture, (-20.0, -10.0, 100.0, 60.0)).shape == (60, 100)


def test_a_very_long_line_stays_bounded():
    strip = np.full((8, 1900, 3), 255, dtype=np.uint8)
    strip[3:5, ::9] = 0

    assert plain_crop(strip, (0.0, 0.0, 1900.0, 8.0)).shape[1] <= 4000 + 2 * BORDER_PIXELS


def test_a_panels_edge_is_no_letter():
    """Tesseract made of it "I BOATHOUSE LANDING |"."""
    picture = page(["NORTH 100"])
    panel = picture.copy()
    panel[:, :30] = panel[:, 312:] = 20
    panel[:26] = panel[84:] = 20

    clean, surrounded = line_crop(picture, BOX), line_crop(panel, BOX)

    assert surrounded.shape == clean.shape
    assert np.abs(surrounded.astype(int) - clean).mean() < 4


def test_a_line_in_italics_is_set_upright(picture):
    slant = np.array([[1, -np.tan(np.radians(14)), 14], [0, 1, 0]], dtype=np.float32)
    italic = cv2.warpAffine(picture, slant, (640, 360), borderMode=cv2.BORDER_REPLICATE)

    assert upright_crop(picture, BOX) is None
    assert widest_gap(upright_crop(italic, BOX)) > widest_gap(line_crop(italic, BOX))


def widest_gap(crop):
    """Letters that stand upright leave more columns between them empty."""
    return int((crop > 140).all(axis=0).sum())
