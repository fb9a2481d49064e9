"""What is read with a detector's weights: plates in photos, lines in made videos.

Boxes and readings come as the pipeline makes them.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from rapidfuzz.distance import Levenshtein

from config.regions import ANYWHERE
from config.settings import PipelineSettings
from worker.pipeline.boxes import intersection_over_union
from worker.pipeline.detect.detector import Detector
from worker.pipeline.frame import Box, Detection, Frame, Picture
from worker.pipeline.ocr.box_reader import BoxReader
from worker.pipeline.ocr.engines.choice import open_line_reader, open_reader
from worker.pipeline.ocr.plates.reader import PlateReader
from worker.pipeline.ocr.ranking import letters
from worker.pipeline.results.reading_order import in_lines, joined_text
from worker.training.evaluation.finding import (
    FRAMES_A_BLOCK,
    MEASURING_SEED,
    FootageUnusable,
    Photo,
    groups,
    read_photo,
    read_truth,
    video_frames,
)
from worker.training.evaluation.scenes import SCENES, scenes
from worker.training.evaluation.scoring import Estimate, covered, ratio, share
from worker.training.evaluation.words import recall_and_precision, words_of
from worker.training.synth.assets import Assets

# A found box belongs to a line when it covers so much of it.
LEAST_COVERED = 0.5

Look = Callable[[Picture], tuple[Detection, ...]]


class Looker:
    """A detector and the readers that ship, one picture at a time."""

    def __init__(
        self,
        detector: Detector,
        settings: PipelineSettings | None = None,
        *,
        region: str = ANYWHERE,
    ) -> None:
        self._detector, self._region = detector, region
        settings = settings or PipelineSettings()
        lines = open_line_reader(settings)
        self._reader = BoxReader(open_reader(settings), PlateReader(), lines)

    def __call__(self, picture: Picture) -> tuple[Detection, ...]:
        """What is found in the picture, with what can be read there."""
        step = self._reader.start(Counter(), region=self._region)
        [frame] = step(self._detector.search([Frame(0, 0, picture)]))
        return tuple(found for found in frame.detections if found.is_confirmed)

    def text(self, picture: Picture) -> str:
        """The text of the picture's frame."""
        return _text(self(picture))


def plates_read(look: Look, folder: Path) -> dict[str, Estimate]:
    """How many photos' plates are read: exactly, near (at most one edit), exactly in any reading.

    Other boxes of a photo count too, as for anybody who searches for a plate. Strictly: the one box
    that fits the plate best says exactly the number, and also with O read as 0 and I as 1, which no
    eye tells apart on many plates. Raises ``FootageUnusable``.
    """
    results = [(photo, look(read_photo(photo.file))) for photo in read_truth(folder)]
    return {
        name: share(sum(judge(photo, found) for photo, found in results), len(results))
        for name, judge in JUDGES.items()
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


def words_read(look: Look, assets: Assets, count: int) -> dict[str, Estimate]:
    """Recall and precision of the words in the frames' texts, case aside.

    On ``count`` scenes of each kind.
    """
    recall, precision = recall_and_precision(
        (words_of(" ".join(text for text, _ in scene.lines)), words_of(_text(look(scene.picture))))
        for kind in SCENES
        for scene in scenes(assets, kind, MEASURING_SEED, count)
    )
    return {"words recall, scenes": recall, "words precision, scenes": precision}


def pictures_read(look: Look, folder: Path) -> dict[str, Estimate]:
    """Recall and precision of the words in pictures' texts, case aside.

    What a picture says stands in a NAME.txt beside it, in any order. Raises ``FootageUnusable``.
    """
    said = {file: file.with_suffix(".txt") for file in sorted(folder.iterdir())}
    pages = [
        (words_of(text.read_text(encoding="utf-8")), words_of(_text(look(read_photo(file)))))
        for file, text in said.items()
        if file != text and text.is_file()
    ]
    if not pages:
        raise FootageUnusable(f"{folder}: no picture with a NAME.txt beside it that has its words")
    recall, precision = recall_and_precision(pages)
    return {"words recall, pictures": recall, "words precision, pictures": precision}


def false_words(look: Look, video: Path, *, stride: int = 1) -> dict[str, Estimate]:
    """Words a frame in the frames' texts of a video that has no text, each of them false.

    Raises ``FootageUnusable``.
    """
    counts = [words_of(_text(look(picture))).total() for picture in video_frames(video, stride)]
    blocks = list(groups(counts, FRAMES_A_BLOCK))
    return {
        "false words a frame": ratio([sum(block) for block in blocks], [len(b) for b in blocks])
    }


def _is_exact(photo: Photo, found: Sequence[Detection]) -> bool:
    return _holds(photo.number, (one.text or "" for one in found))


def _is_near(photo: Photo, found: Sequence[Detection]) -> bool:
    return any(
        Levenshtein.distance(photo.number, part) <= 1
        for one in found
        for part in _parts(letters(one.text or ""), len(photo.number))
    )


def _is_in_any_reading(photo: Photo, found: Sequence[Detection]) -> bool:
    others = (other.text for one in found for other in one.alternatives)
    return _is_exact(photo, found) or _holds(photo.number, others)


def _is_in_text(photo: Photo, found: Sequence[Detection]) -> bool:
    return _holds(photo.number, _text(found).splitlines())


def _is_strict(photo: Photo, found: Sequence[Detection]) -> bool:
    return letters(_fitting(photo, found)) == photo.number


def _is_strict_folded(photo: Photo, found: Sequence[Detection]) -> bool:
    return _folded(letters(_fitting(photo, found))) == _folded(photo.number)


JUDGES: Mapping[str, Callable[[Photo, Sequence[Detection]], bool]] = MappingProxyType(
    {
        "plate exact": _is_exact,
        "plate near": _is_near,
        "plate exact in any reading": _is_in_any_reading,
        "plate in the frame's text": _is_in_text,
        "plate strictly exact": _is_strict,
        "plate strictly exact, folded": _is_strict_folded,
    }
)


def _fitting(photo: Photo, found: Sequence[Detection]) -> str:
    """What the box says that shares most of its union with the plate; nothing where none does."""
    shares = [(intersection_over_union(one.bbox, photo.plate), one.text or "") for one in found]
    best, text = max(shares, default=(0.0, ""), key=lambda share: share[0])
    return text if best else ""


def _folded(number: str) -> str:
    return number.replace("O", "0").replace("I", "1")


def _text(found: Sequence[Detection]) -> str:
    return joined_text(in_lines(found))


def _holds(number: str, texts: Iterable[str]) -> bool:
    return any(number in letters(text) for text in texts)


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
