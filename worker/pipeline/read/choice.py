"""Chooses the OCR engine that the settings ask for, or the best one that is there."""

import shutil
from collections.abc import Callable, Mapping

from config.settings import PipelineSettings, SettingsError
from worker.pipeline.read.engine import Reader
from worker.pipeline.read.languages import find_languages
from worker.pipeline.read.library import LibraryReader
from worker.pipeline.read.program import PROGRAM, ProgramReader


def open_reader(settings: PipelineSettings, *, program: str = PROGRAM) -> Reader:
    """The engine named by the settings; auto takes the tesseract program where there is one.

    Raises SettingsError in one line when that engine or its language data is not there.
    """
    engine = settings.reader_engine
    if engine == "auto":
        engine = "pytesseract" if shutil.which(program) else "tesserocr"
    return ENGINES[engine](settings, program)


def _open_program(settings: PipelineSettings, program: str) -> Reader:
    if shutil.which(program) is None:
        raise SettingsError(
            "FORGESYTE_READER_ENGINE=pytesseract: there is no tesseract program on PATH; "
            "install tesseract-ocr, or take auto or tesserocr"
        )
    return ProgramReader(find_languages(settings.reader_languages), program=program)


def _open_library(settings: PipelineSettings, program: str) -> Reader:
    return LibraryReader(find_languages(settings.reader_languages))


def _refuse_rapidocr(settings: PipelineSettings, program: str) -> Reader:
    raise SettingsError(
        "FORGESYTE_READER_ENGINE=rapidocr: not in this version; take auto, pytesseract or tesserocr"
    )


ENGINES: Mapping[str, Callable[[PipelineSettings, str], Reader]] = {
    "pytesseract": _open_program,
    "tesserocr": _open_library,
    "rapidocr": _refuse_rapidocr,
}
