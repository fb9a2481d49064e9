"""Tesseract as a program, through pytesseract: one process reads many images from a list.

Starting the program is 75 of the 87 ms that one crop takes alone, hence the list.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import pytesseract

from worker.pipeline.frame import Grey, Provenance
from worker.pipeline.ocr.engines.base import Page
from worker.pipeline.ocr.engines.languages import LanguageData
from worker.pipeline.ocr.engines.tsv import pages_of

PROGRAM = "tesseract"
TIMEOUT_SECONDS = 60.0
FAILED = Page(failed=True)


class ProgramReader:
    """Reads with the installed tesseract program."""

    def __init__(
        self,
        data: LanguageData,
        *,
        program: str = PROGRAM,
        processes: int = 1,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._data = data
        self._timeout_seconds = timeout_seconds
        self._program = program
        self._processes = processes
        pytesseract.pytesseract.tesseract_cmd = program
        self._version = str(pytesseract.get_tesseract_version())

    def read(self, images: Sequence[Grey], *, psm: int) -> list[Page]:
        """One page for each image; what one process cannot read is tried again by itself."""
        with TemporaryDirectory(prefix="forgesyte-read-") as folder:
            paths = [_write(image, Path(folder) / f"{n}.png") for n, image in enumerate(images)]
            half = -(-len(paths) // self._processes)
            parts = [paths[start : start + half] for start in range(0, len(paths), half or 1)]
            with ThreadPoolExecutor(self._processes) as threads:
                pages = threads.map(lambda part: self._read_part(part, psm), parts)
                return [page for part in pages for page in part]

    def provenance(self) -> Provenance:
        """Engine, version, and which language data it reads with."""
        return {
            "engine": "pytesseract",
            "version": self._version,
            "languages": self._data.languages,
            "tessdata_sha256": self._data.sha256,
        }

    def _read_part(self, paths: Sequence[Path], psm: int) -> list[Page]:
        pages = self._run(paths, psm)
        # A bad image ends the program's list early, without a word about which one it was.
        if len(pages) == len(paths):
            return pages
        return [(self._run([path], psm) or [FAILED])[0] for path in paths]

    def _run(self, paths: Sequence[Path], psm: int) -> list[Page]:
        images = paths[0].with_suffix(".txt")
        images.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
        # One name for the whole process: another reader may have set its own since.
        pytesseract.pytesseract.tesseract_cmd = self._program
        try:
            table = pytesseract.image_to_data(
                str(images),
                lang=self._data.languages,
                config=f'--psm {psm} --tessdata-dir "{self._data.folder}"',
                timeout=self._timeout_seconds,
            )
        except RuntimeError:
            # A time-out, or the program gave up: the caller tries each image once more.
            return []
        return pages_of(table)


def _write(image: Grey, path: Path) -> Path:
    cv2.imwrite(str(path), image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return path
