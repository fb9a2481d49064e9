import sys

import pytest

from config.settings import PipelineSettings, SettingsError
from worker.pipeline.ocr.engines.choice import ENGINES, open_line_reader, open_reader

ABSENT = "no-such-program"


def test_without_the_tesseract_program_the_library_reads():
    reader = open_reader(PipelineSettings(), program=ABSENT)

    assert reader.provenance()["engine"] == "tesserocr"


def test_a_missing_engine_stops_the_start_with_what_to_do():
    """A missing Tesseract once gave completed jobs with an error in their text."""
    with pytest.raises(SettingsError, match="install tesseract-ocr, or take auto or tesserocr"):
        open_reader(PipelineSettings(reader_engine="pytesseract"), program=ABSENT)


def test_missing_language_data_stops_the_start():
    message = r"FORGESYTE_READER_LANGUAGES=eng\+tlh: .* apt-get install .* tesseract-ocr-tlh"
    with pytest.raises(SettingsError, match=message):
        open_reader(PipelineSettings(reader_languages="eng+tlh"), program=ABSENT)


def test_an_extra_that_is_not_installed_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidocr_onnxruntime", None)
    monkeypatch.delitem(sys.modules, "worker.pipeline.ocr.engines.rapidocr_models", raising=False)

    with pytest.raises(SettingsError, match=r"pip install '\.\[rapidocr\]'"):
        open_reader(PipelineSettings(reader_engine="rapidocr"), program=ABSENT)


def test_every_engine_of_the_settings_is_known():
    named = PipelineSettings.model_fields["reader_engine"].annotation.__args__

    assert set(named) == {"auto", *ENGINES}


@pytest.mark.parametrize(
    ("engine", "languages", "helps"),
    [
        ("auto", "eng", True),
        ("auto", "deu+fra", True),
        ("auto", "rus", False),
        ("auto", "eng+jpn", False),
        ("tesserocr", "eng", False),
        ("pytesseract", "eng", False),
    ],
)
def test_the_line_reader_helps_an_engine_that_nobody_chose_in_languages_it_knows(
    engine, languages, helps
):
    settings = PipelineSettings(reader_engine=engine, reader_languages=languages)

    assert (open_line_reader(settings) is not None) == helps
