"""What is read with a detector's weights: plates in photos, lines in made videos.

Boxes and readings come as the pipeline makes them.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from config.settings import PipelineSettings
from worker.pipeline.detect.detector import Detector
from worker.pipeline.frame import Box, Detection, Frame, Picture
from worker.pipeline.ocr.engines.choice import open_reader
from worker.pipeline.ocr.nodes import BoxReader
from worker.pipeline.ocr.plates.reader import PlateReader
from worker.pipeline.ocr.ranking import letters
from worker.training.evaluation.finding import MEASURING_SEED, read_photo, read_truth
from worker.training.evaluation.scenes import SCENES, scenes
from worker.training.evaluation.scoring import Estimate, covered, ratio, share
from worker.training.synth.assets import Assets

# A found box belongs to a line when it covers so much of it.
LEAST_COVERED = 0.5

Look = Callable[[Picture], tuple[Detection, ...]]


class Looker:
    """A detector and the reader that ships, one picture at a time."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._reader = BoxReader(open_reader(PipelineSettings()), PlateReader())

    def __call__(self, picture: Picture) -> tuple[Detection, ...]:
        """What is found in the picture, with what can be read there."""
        [frame] = self._reader.start(Counter())(self._detector.search([Frame(0, 0, picture)]))
        return frame.detections


def plates_read(look: Look, folder: Path) -> dict[str, Estimate]:
    """How many photos' plates are read: exactly, near (at most one edit), exactly in any reading.

    Other boxes of a photo count too, as for anybody who searches for a plate. Raises
    ``FootageUnusable``.
    """
    results = [(photo.number, look(read_photo(photo.file))) for photo in read_truth(folder)]
    texts = [(number, [one.text or "" for one in found]) for number, found in results]
    every = [
        (
            number,
            [
                text
                for one in found
                for text in (one.text or "", *(o.text for o in one.alternatives))
            ],
        )
        for number, found in results
    ]
    return {
        "plate exact": share(sum(_holds(number, read) for number, read in texts), len(texts)),
        "plate near": share(sum(_is_near(number, read) for number, read in texts), len(texts)),
        "plate exact in any reading": share(sum(_holds(*one) for one in every), len(every)),
    }


def lines_read(look: Look, assets: Assets, count: int) -> dict[str, Estimate]:
    """The share of lines read without a fault, spaces aside, on ``count`` scenes of each kind."""
    figures = {}
    for kind in SCENES:
        tallies = [
            (sum(_is_read(text, box, found) for text, box in scene.lines), len(scene.lines))
            for scene in scenes(assets, kind, MEASURING_SEED, count)
            for found in [look(scene.picture)]
        ]
        hits, cases = zip(*tallies, strict=True)
        figures[f"exact lines, {kind}"] = ratio(hits, cases)
    return figures


def _holds(number: str, texts: Iterable[str]) -> bool:
    return any(number in letters(text) for text in texts)


def _is_near(number: str, texts: Iterable[str]) -> bool:
    return any(
        Levenshtein.distance(number, part) <= 1
        for text in texts
        for part in _parts(letters(text), len(number))
    )


def _parts(text: str, length: int) -> Iterator[str]:
    """Every part of the text that is at most one shorter or longer than ``length``."""
    for size in (length - 1, length, length + 1):
        for start in range(max(1, len(text) - size + 1)):
            yield text[start : start + size]


def _is_read(text: str, box: Box, found: Sequence[Detection]) -> bool:
    wanted = "".join(text.split())
    return any(
        "".join((one.text or "").split()) == wanted
        for one in found
        if covered(box, [one.bbox], least=LEAST_COVERED, largest=math.inf)
    )
