"""What every engine of ours does, run over each one that this machine has."""

import shutil
from importlib.util import find_spec

import numpy as np
import pytest

from config.settings import PipelineSettings
from tests.data.videos import page
from worker.pipeline.ocr.crops import line_crop
from worker.pipeline.ocr.engines.base import ONE_LINE, SCATTERED
from worker.pipeline.ocr.engines.choice import open_reader
from worker.pipeline.ocr.engines.languages import find_languages
from worker.pipeline.ocr.engines.tesseract_program import ProgramReader
from worker.pipeline.ocr.engines.tesserocr_library import LibraryReader

OPENERS = {"tesserocr": lambda: LibraryReader(find_languages("eng"))}
# make installs the program where it may; where it may not, the library is all there is.
if shutil.which("tesseract"):
    OPENERS["pytesseract"] = lambda: ProgramReader(find_languages("eng"))
# An extra, for those who ask for it.
if find_spec("rapidocr_onnxruntime"):
    OPENERS["rapidocr"] = lambda: open_reader(PipelineSettings(reader_engine="rapidocr"))

WORDS = ["NORTH 100", "HARBOUR 204", "GARDEN 300", "PLATFORM SEVEN", "TICKET 451"]


@pytest.fixture(scope="module", params=OPENERS)
def reader(request):
    return OPENERS[request.param]()


@pytest.fixture(scope="module")
def crops():
    return [line_crop(page([words]), (30.0, 30.0, 460.0, 76.0)) for words in WORDS]


def test_every_image_gets_its_own_page_in_order(reader, crops):
    pages = reader.read(crops, psm=ONE_LINE)

    assert [one.text.upper() for one in pages] == WORDS
    assert all(0.7 < one.confidence <= 1 for one in pages)


def test_an_image_is_read_the_same_alone_and_in_company(reader, crops):
    """WRK-4"""
    together = reader.read(crops, psm=ONE_LINE)

    assert [reader.read([crop], psm=ONE_LINE)[0] for crop in reversed(crops)] == together[::-1]


def test_an_empty_image_is_a_page_without_text(reader, crops):
    blank = np.full((60, 200), 230, dtype=np.uint8)

    pages = reader.read([blank, crops[0], blank], psm=SCATTERED)

    assert [one.text for one in pages] == ["", WORDS[0], ""]
    assert not any(one.failed for one in pages)


def test_lines_scattered_over_a_page_come_with_their_boxes(reader):
    (read,) = reader.read([page(["NORTH 100", "GARDEN 300"])[:, :, 0]], psm=SCATTERED)

    assert [line.text for line in read.lines] == ["NORTH 100", "GARDEN 300"]
    left, top, right, bottom = read.lines[0].bbox
    assert 30 < left < 50
    assert 30 < top < bottom < 80
    assert 250 < right < 330


def test_nothing_to_read_is_no_page(reader):
    assert reader.read([], psm=ONE_LINE) == []


def test_the_provenance_names_engine_version_and_language_data(reader):
    provenance = reader.provenance()

    assert provenance["version"][0].isdigit()
    models = provenance.get("tessdata_sha256") or provenance["models_sha256"]
    assert len(models) == 64
