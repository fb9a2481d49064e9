"""The line reader with the weights that ship."""

from collections import Counter

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from config.settings import PipelineSettings
from tests.data.videos import FONT
from worker.pipeline.frame import Detection, Frame
from worker.pipeline.ocr.box_reader import BoxReader
from worker.pipeline.ocr.engines.choice import open_reader
from worker.pipeline.ocr.lines.reader import NOTHING, SHIPPED, LineReader

BOX = (20.0, 40.0, 620.0, 80.0)


@pytest.fixture(scope="module")
def reader():
    return LineReader()


def line_of(text):
    """A line on an even ground, and the box around it."""
    image = Image.new("RGB", (640, 120), (236, 232, 220))
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(FONT), 26)
    draw.text((30, 60), text, font=font, fill=(20, 20, 30), anchor="lm")
    left, top, right, bottom = draw.textbbox((30, 60), text, font=font, anchor="lm")
    return np.asarray(image)[:, :, ::-1].copy(), (left - 3, top - 3, right + 3, bottom + 3)


@pytest.mark.parametrize(
    "text", ["Platform 4", "Departures 18:40", "größer für Käse", "INVOICE 20731"]
)
def test_a_clear_line_is_read(reader, text):
    [read] = reader.read([line_of(text)])

    assert read.text == text
    assert read.confidence > 0.8


def test_a_line_is_read_the_same_every_time(reader):
    """WRK-4"""
    lines = [line_of(text) for text in ("Platform 4", "no entry", "Sat 12 December 2026")]

    together = reader.read(lines)

    assert LineReader(cores=2).read(lines) == together
    assert [read for line in lines for read in reader.read([line])] == together


def test_a_blank_surely_says_nothing_and_a_sliver_is_not_looked_at(reader):
    blank = np.full((120, 640, 3), 90, np.uint8)

    empty, sliver = reader.read([(blank, BOX), (blank, (10.0, 10.0, 12.0, 11.0))])

    assert empty.text == ""
    assert empty.confidence > 0.97
    assert sliver == NOTHING


def test_a_row_of_windows_is_no_text(reader):
    facade = np.full((200, 900, 3), (60, 80, 120), np.uint8)
    for left in range(60, 860, 150):
        facade[60:150, left : left + 36] = facade[60:150, left + 40 : left + 76] = (110, 190, 230)

    [read] = reader.read([(facade, (20.0, 40.0, 880.0, 170.0))])

    assert read.text == ""


def seen(picture, detections):
    """The frame as a stage of the pipeline gets it."""
    found = tuple(Detection(0, "text", 0.9, box) for box in detections)
    return Frame(0, 0, picture, detections=found)


@pytest.mark.parametrize("degrees", [-90, 90, -17, 12])
def test_a_line_that_is_not_level_is_read(reader, degrees):
    picture, (left, top, right, bottom) = line_of("Platform 4 Departures")
    corners = [(x, y) for x in (left, right) for y in (top, bottom)]
    matrix = cv2.getRotationMatrix2D((320, 60), degrees, 1.0)
    matrix[:, 2] += 0, 260
    turned = cv2.warpAffine(picture, matrix, (640, 640), borderValue=(220, 232, 236))
    xs, ys = matrix @ np.array([(*corner, 1) for corner in corners]).T
    boxes = [(xs.min(), ys.min(), xs.max(), ys.max())]
    settings = PipelineSettings()

    read = BoxReader(open_reader(settings), None, reader).start(Counter())([seen(turned, boxes)])

    [line] = read[0].detections
    assert line.text == "Platform 4 Departures"
    assert line.text_confidence > 0.8


def test_the_provenance_names_the_weights(reader):
    checksum = SHIPPED.with_name(f"{SHIPPED.name}.sha256").read_text().split()[0]

    assert reader.provenance() == {"line_weights_sha256": checksum}
