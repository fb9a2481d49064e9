"""The plate reader with the weights that ship."""

import shutil

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from config.settings import SettingsError
from tests.data.videos import FONT
from worker.pipeline.ocr.plates.reader import SHIPPED, PlateReader

BOX = (60.0, 50.0, 260.0, 100.0)
SQUARE = (105.0, 30.0, 215.0, 124.0)


@pytest.fixture(scope="module")
def reader():
    return PlateReader()


def car_with(number):
    """A plate as a camera far off sees it, in a font that no training used."""
    image = Image.new("RGB", (320, 160), (70, 74, 80))
    draw = ImageDraw.Draw(image)
    draw.rectangle(BOX, fill=(226, 226, 214), outline=(30, 30, 30))
    font = ImageFont.truetype(str(FONT), 36)
    draw.text((160, 75), number, font=font, fill=(20, 20, 30), anchor="mm")
    return np.asarray(image)[:, :, ::-1].copy()


@pytest.mark.parametrize("number", ["RGW 5718", "BXT 346", "6FPT204"])
def test_a_clear_plate_is_read(reader, number):
    ((best, *_),) = reader.read([(car_with(number), BOX)])

    assert best.text == number.replace(" ", "")
    assert best.confidence > 0.5


def motorcycle_with(upper, lower):
    image = Image.new("RGB", (320, 160), (70, 74, 80))
    draw = ImageDraw.Draw(image)
    draw.rectangle(SQUARE, fill=(226, 226, 214), outline=(30, 30, 30))
    font = ImageFont.truetype(str(FONT), 36)
    for text, y in ((upper, 56), (lower, 98)):
        draw.text((160, y), text, font=font, fill=(20, 20, 30), anchor="mm")
    return np.asarray(image)[:, :, ::-1].copy()


@pytest.mark.parametrize("rows", [("RGW", "5718"), ("BXT", "346"), ("LN22", "DVC")])
def test_a_clear_plate_in_two_rows_is_read(reader, rows):
    plate = (motorcycle_with(*rows), SQUARE)

    ((best, *_),) = reader.read([plate], in_two_rows=True)

    assert best.text == "".join(rows)
    assert best.confidence > 0.5
    assert reader.read([plate]) != reader.read([plate], in_two_rows=True)


def test_readings_come_most_probable_first_and_share_one_certainty(reader):
    (readings,) = reader.read([(car_with("B8O0 1IL"), BOX)])

    confidences = [reading.confidence for reading in readings]
    assert confidences == sorted(confidences, reverse=True)
    assert 0 < sum(confidences) <= 1 + 1e-6
    assert len({reading.text for reading in readings}) == len(readings)


def test_a_plate_is_read_the_same_every_time(reader):
    """WRK-4"""
    plates = [(car_with(number), BOX) for number in ("RGW 5718", "BXT 346", "6FPT204")]

    together = reader.read(plates)

    assert PlateReader(cores=2).read(plates) == together
    assert [read for plate in plates for read in reader.read([plate])] == together


def test_a_blank_and_a_sliver_say_nothing(reader):
    blank = np.full((160, 320, 3), 90, np.uint8)

    assert reader.read([(blank, BOX), (blank, (10.0, 10.0, 12.0, 11.0))]) == [(), ()]


def test_weights_that_are_not_the_shipped_ones_are_refused(tmp_path):
    for file in (SHIPPED, SHIPPED.with_name(f"{SHIPPED.name}.sha256")):
        shutil.copy(file, tmp_path)
    changed = tmp_path / SHIPPED.name
    changed.write_bytes(changed.read_bytes()[:-1])

    with pytest.raises(SettingsError, match="SHA-256 differs"):
        PlateReader(changed)


def test_the_provenance_names_the_weights(reader):
    checksum = SHIPPED.with_name(f"{SHIPPED.name}.sha256").read_text().split()[0]

    assert reader.provenance()["plate_weights_sha256"] == checksum
