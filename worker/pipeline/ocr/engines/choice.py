"""Chooses the OCR engine that the settings ask for, or the best one that is there, and its help."""

import shutil
from collections.abc import Callable, Mapping
from importlib import import_module

from config.settings import PipelineSettings, SettingsError
from worker.pipeline.networks.cores import cores
from worker.pipeline.ocr.engines.base import Reader
from worker.pipeline.ocr.engines.languages import find_languages
from worker.pipeline.ocr.engines.tesseract_program import PROGRAM, ProgramReader
from worker.pipeline.ocr.engines.tesserocr_library import LibraryReader
from worker.pipeline.ocr.lines.reader import LineReader

# Tesseract's names of the languages whose letters are in the line reader's alphabet.
LATIN_LANGUAGES = frozenset(
    str.split(
        "afr cat ces dan deu eng est eus fin fra gle glg hrv hun isl ita lat lav lit ltz nld nor "
        "pol por ron slk slv spa sqi swe tur"
    )
)


def open_reader(settings: PipelineSettings, *, program: str = PROGRAM) -> Reader:
    """The engine named by the settings; auto takes the fastest, Tesseract's library.

    Raises SettingsError in one line when that engine or its language data is not there.
    """
    engine = settings.reader_engine
    if engine == "auto":
        engine = "tesserocr"
    return ENGINES[engine](settings, program)


def open_line_reader(settings: PipelineSettings) -> LineReader | None:
    """Our own reader of lines, beside the engine: with auto, where it knows the languages' letters.

    Raises SettingsError when its weights are not the ones that ship.
    """
    knows = LATIN_LANGUAGES.issuperset(settings.reader_languages.split("+"))
    if settings.reader_engine != "auto" or not knows:
        return None
    return LineReader(cores=cores(settings.cores))


def _open_program(settings: PipelineSettings, program: str) -> Reader:
    if shutil.which(program) is None:
        raise SettingsError(
            "FORGESYTE_READER_ENGINE=pytesseract: there is no tesseract program on PATH; "
            "install tesseract-ocr, or take auto or tesserocr"
        )
    return ProgramReader(
        find_languages(settings.reader_languages, settings.reader_data),
        program=program,
        processes=cores(settings.cores),
    )


def _open_library(settings: PipelineSettings, program: str) -> Reader:
    return LibraryReader(
        find_languages(settings.reader_languages, settings.reader_data),
        threads=cores(settings.cores),
    )


def _open_rapidocr(settings: PipelineSettings, program: str) -> Reader:
    try:
        # An extra that most do not install, so it is imported by those who name it alone.
        rapid = import_module("worker.pipeline.ocr.engines.rapidocr_models")
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"FORGESYTE_READER_ENGINE=rapidocr: {error.name} is missing; "
            "pip install '.[rapidocr]' in the project's folder (Python under 3.13), or take auto"
        ) from error
    reader: Reader = rapid.RapidReader()
    return reader


ENGINES: Mapping[str, Callable[[PipelineSettings, str], Reader]] = {
    "pytesseract": _open_program,
    "tesserocr": _open_library,
    "rapidocr": _open_rapidocr,
}
