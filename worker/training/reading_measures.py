"""Measures reading: ``python -m worker.training.reading_measures [--weights FILE] …``.

Prints a table with 95 % intervals: plates in photos read exactly and with at most one wrong
character, lines of made films read exactly. Boxes and readings come as the pipeline makes them.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from config.settings import PipelineSettings, SettingsError
from worker.pipeline.detect import Detector
from worker.pipeline.frame import Box, Detection, Frame, Picture
from worker.pipeline.read.choice import open_reader
from worker.pipeline.read.choosing import letters
from worker.pipeline.read.nodes import BoxReader
from worker.pipeline.read.plates import PlateReader
from worker.pipeline.weights import find_weights
from worker.training.assets import AssetsMissing, load_assets
from worker.training.measures import MEASURING_SEED, FootageUnusable
from worker.training.reading_scenes import SCENES, scenes
from worker.training.scoring import Estimate, ratio, share

# A found box belongs to a line when it covers so much of it.
LEAST_COVERED = 0.5

Look = Callable[[Picture], tuple[Detection, ...]]


def main() -> None:
    """Measures and prints, or says in one line why not."""
    parser = _parser()
    options = parser.parse_args()
    try:
        figures = reading_rows(options.weights, options.photos, options.scenes)
    except (SettingsError, FootageUnusable, AssetsMissing) as error:
        parser.error(str(error))
    drawn = Table("", "share (95 % interval)", "cases")
    for name, figure in figures.items():
        value = f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
        drawn.add_row(name, value, str(figure.cases))
    Console().print(drawn)


def reading_rows(weights: Path | None, photos: Path | None, count: int) -> dict[str, Estimate]:
    """Every figure of reading, by name: on the photos of a folder, on ``count`` scenes a kind.

    ``None`` for ``weights`` takes the ones that ship. Raises ``SettingsError``,
    ``FootageUnusable`` or ``AssetsMissing``.
    """
    settings = PipelineSettings(**({"detector_weights": str(weights)} if weights else {}))
    look = _Looker(
        Detector(settings, find_weights(settings)), BoxReader(open_reader(settings), PlateReader())
    )
    figures = plates_read(look, photos) if photos else {}
    return figures | (lines_read(look, count) if count else {})


class _Looker:
    """Detector and reader, one picture at a time."""

    def __init__(self, detector: Detector, reader: BoxReader) -> None:
        self._detector, self._reader = detector, reader

    def __call__(self, picture: Picture) -> tuple[Detection, ...]:
        [frame] = self._reader.run(self._detector.run([Frame(0, 0, picture)]))
        return frame.detections


def plates_read(look: Look, folder: Path) -> dict[str, Estimate]:
    """How many photos' plates are read: exactly, near (at most one edit), exactly in any reading.

    Other boxes of a photo count too, as for anybody who searches for a plate.
    """
    results = [(number, look(picture)) for number, picture in _photos(folder)]
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


def lines_read(look: Look, count: int) -> dict[str, Estimate]:
    """The share of lines read without a fault, spaces aside, for each kind of scene."""
    assets, figures = load_assets(), {}
    for kind in SCENES:
        tallies = [
            (sum(_is_read(text, box, found) for text, box in scene.lines), len(scene.lines))
            for scene in scenes(assets, kind, MEASURING_SEED, count)
            for found in [look(scene.picture)]
        ]
        hits, cases = zip(*tallies, strict=True)
        figures[f"exact lines, {kind}"] = ratio(hits, cases)
    return figures


def edits(one: str, other: str) -> int:
    """The fewest characters to add, drop or change (V. I. Levenshtein, 1966)."""
    before = list(range(len(other) + 1))
    for row, wanted in enumerate(one, start=1):
        current = [row]
        for column, given in enumerate(other, start=1):
            change = before[column - 1] + (wanted != given)
            current.append(min(change, before[column] + 1, current[-1] + 1))
        before = current
    return before[-1]


def _holds(number: str, texts: Iterable[str]) -> bool:
    return any(number in letters(text) for text in texts)


def _is_near(number: str, texts: Iterable[str]) -> bool:
    return any(
        edits(number, part) <= 1 for text in texts for part in _parts(letters(text), len(number))
    )


def _parts(text: str, length: int) -> Iterator[str]:
    """Every piece of the text that is at most one shorter or longer than ``length``."""
    for size in (length - 1, length, length + 1):
        for start in range(max(1, len(text) - size + 1)):
            yield text[start : start + size]


def _is_read(text: str, box: Box, found: Sequence[Detection]) -> bool:
    wanted = "".join(text.split())
    return any(
        "".join((one.text or "").split()) == wanted for one in found if _covers(one.bbox, box)
    )


def _covers(found: Box, line: Box) -> bool:
    width = min(found[2], line[2]) - max(found[0], line[0])
    height = min(found[3], line[3]) - max(found[1], line[1])
    area = (line[2] - line[0]) * (line[3] - line[1])
    return max(0.0, width) * max(0.0, height) >= LEAST_COVERED * area


def _photos(folder: Path) -> Iterator[tuple[str, Picture]]:
    truths = sorted(folder.glob("*.txt"))
    if not truths:
        raise FootageUnusable(f"{folder}: no NAME.txt with 'file x y width height PLATE' in it")
    for truth in truths:
        cells = truth.read_text(encoding="utf-8").split()
        picture = cv2.imread(str(folder / cells[0]), cv2.IMREAD_COLOR) if len(cells) == 6 else None
        if picture is None:
            raise FootageUnusable(f"{truth}: no 'file x y width height PLATE' with a photo")
        yield cells[5], np.asarray(picture, np.uint8)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.reading_measures", description=__doc__
    )
    parser.add_argument("--weights", type=Path, help="the detector's; those that ship by default")
    parser.add_argument("--photos", type=Path, help="folder of photos with NAME.txt beside each")
    parser.add_argument("--scenes", type=int, default=0, help="made scenes of each kind")
    return parser


if __name__ == "__main__":
    main()
