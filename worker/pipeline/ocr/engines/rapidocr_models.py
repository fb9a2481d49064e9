"""PP-OCR's models through RapidOCR: an engine for those who install the extra `rapidocr`."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import rapidocr_onnxruntime

from worker.pipeline.boxes import enclosing
from worker.pipeline.frame import Grey, Provenance
from worker.pipeline.ocr.engines.base import ONE_LINE, Line, Page

ENGINES = 2
MODELS = Path(rapidocr_onnxruntime.__file__).parent / "models"


class RapidReader:
    """Reads with the models inside the rapidocr-onnxruntime wheel; they know their languages."""

    def __init__(self) -> None:
        # One thread an engine: with more, sums depend on how many the machine has.
        self._engines = [
            rapidocr_onnxruntime.RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)
            for _ in range(ENGINES)
        ]
        self._threads = ThreadPoolExecutor(ENGINES, thread_name_prefix="rapidocr")
        digest = hashlib.sha256()
        for model in sorted(MODELS.glob("*.onnx")):
            digest.update(model.read_bytes())
        self._sha256 = digest.hexdigest()

    def read(self, images: Sequence[Grey], *, psm: int) -> list[Page]:
        """One page for each image, every thread with an engine of its own."""
        pages = [Page()] * len(images)
        read = _read_line if psm == ONE_LINE else _read_page
        jobs = [
            self._threads.submit(_read_all, engine, images[number::ENGINES], read)
            for number, engine in enumerate(self._engines)
        ]
        for number, job in enumerate(jobs):
            pages[number::ENGINES] = job.result()
        return pages

    def provenance(self) -> Provenance:
        """Engine, versions, and which models it reads with."""
        return {
            "engine": "rapidocr",
            "version": version("rapidocr-onnxruntime"),
            "onnxruntime": version("onnxruntime"),
            "models_sha256": self._sha256,
            "threads": ENGINES,
        }


def _read_all(engine: Any, images: Sequence[Grey], read: Any) -> list[Page]:
    return [read(engine, image) for image in images]


def _read_line(engine: Any, image: Grey) -> Page:
    height, width = image.shape
    found, _ = engine(image, use_det=False, use_cls=False, use_rec=True)
    lines = (
        Line(" ".join(text.split()), float(confidence), (0.0, 0.0, float(width), float(height)))
        for text, confidence in found or ()
    )
    return Page(tuple(line for line in lines if line.text))


def _read_page(engine: Any, image: Grey) -> Page:
    found, _ = engine(image, use_cls=False)
    return Page(tuple(_line(*one) for one in found or ()))


def _line(corners: Sequence[Sequence[float]], text: str, confidence: float) -> Line:
    box = enclosing((float(x), float(y), float(x), float(y)) for x, y in corners)
    return Line(" ".join(text.split()), float(confidence), box)
