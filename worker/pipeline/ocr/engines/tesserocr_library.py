"""Tesseract as a library, through tesserocr: for machines where no program may be installed."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import tesserocr

from worker.pipeline.frame import Grey, Provenance
from worker.pipeline.ocr.engines.base import Page
from worker.pipeline.ocr.engines.languages import LanguageData
from worker.pipeline.ocr.engines.tsv import pages_of

FAILED = Page(failed=True)


class LibraryReader:
    """Reads with the Tesseract inside the tesserocr wheel."""

    def __init__(self, data: LanguageData, *, threads: int = 1) -> None:
        self._data = data
        self._engines = [
            tesserocr.PyTessBaseAPI(
                path=str(data.folder), lang=data.languages, oem=tesserocr.OEM.LSTM_ONLY
            )
            for _ in range(threads)
        ]
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="tesserocr")

    def read(self, images: Sequence[Grey], *, psm: int) -> list[Page]:
        """One page for each image, every thread with an engine of its own."""
        pages = [FAILED] * len(images)
        jobs = [
            self._threads.submit(_read_with, engine, images[number :: len(self._engines)], psm)
            for number, engine in enumerate(self._engines)
        ]
        for number, job in enumerate(jobs):
            pages[number :: len(self._engines)] = job.result()
        return pages

    def provenance(self) -> Provenance:
        """Engine, version, and which language data it reads with."""
        return {
            "engine": "tesserocr",
            "version": tesserocr.tesseract_version().split()[1],
            "languages": self._data.languages,
            "tessdata_sha256": self._data.sha256,
        }


def _read_with(engine: tesserocr.PyTessBaseAPI, images: Sequence[Grey], psm: int) -> list[Page]:
    engine.SetPageSegMode(psm)
    return [_read_one(engine, image) for image in images]


def _read_one(engine: tesserocr.PyTessBaseAPI, image: Grey) -> Page:
    height, width = image.shape
    engine.SetImageBytes(image.tobytes(), width, height, 1, width)
    try:
        return pages_of(engine.GetTSVText(0))[0]
    except RuntimeError:
        return FAILED
    finally:
        engine.Clear()
