"""Measures detectors: ``python -m worker.training.evaluation WEIGHTS… [--photos FOLDER] …``.

Prints a table with 95 % intervals, a column for each weights file and size of input: what is
found, and what is read there. Boxes and readings come as the pipeline makes them: the longest
side scaled to 640 pixels or as ``--pixels`` says, confidence 0.25 and up, the readers that ship.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from config.regions import ANYWHERE, REGIONS
from config.settings import SettingsError
from worker.pipeline.detect.detector import Detector
from worker.pipeline.detect.scales import INPUT_PIXELS
from worker.training.evaluation.finding import (
    MEASURING_SEED,
    FootageUnusable,
    false_boxes,
    fresh_scenes,
    open_detector,
    plates_in_photos,
)
from worker.training.evaluation.kinds import kinds_found
from worker.training.evaluation.reading import (
    Looker,
    false_words,
    lines_read,
    pictures_read,
    plates_read,
    words_read,
)
from worker.training.evaluation.scoring import Estimate
from worker.training.evaluation.screens.drawn import NoBrowser, screens
from worker.training.evaluation.screens.read import screens_read
from worker.training.synth.assets import Assets, AssetsMissing, load_assets

Figures = Mapping[str, Estimate]


def main() -> None:
    """Measures and prints, or says in one line why not."""
    parser = _parser()
    options = parser.parse_args()
    try:
        drawn = options.synthetic or options.kinds or options.lines
        assets = load_assets() if drawn else None
        columns = {
            f"{file.name}, {pixels}": measure(open_detector(file, pixels=pixels), options, assets)
            for file in options.weights
            for pixels in options.pixels
        }
    except (SettingsError, FootageUnusable, AssetsMissing, NoBrowser) as error:
        parser.error(str(error))
    Console().print(table(columns))


def measure(detector: Detector, options: argparse.Namespace, assets: Assets | None) -> Figures:
    """Every figure the options ask for."""
    figures: dict[str, Estimate] = {}
    if options.photos:
        figures |= plates_in_photos(detector, options.photos)
        figures |= plates_read(Looker(detector, region=options.region), options.photos)
    if options.pictures:
        figures |= pictures_read(Looker(detector), options.pictures)
    if options.video:
        figures |= false_boxes(detector, options.video, stride=options.stride)
        figures |= false_words(Looker(detector), options.video, stride=options.stride)
    if assets and options.synthetic:
        figures |= fresh_scenes(detector, assets, options.synthetic)
    if assets and options.kinds:
        figures |= kinds_found(detector, assets, options.kinds)
    if assets and options.lines:
        figures |= lines_read(Looker(detector), assets, options.lines)
        figures |= words_read(Looker(detector), assets, options.lines)
    if options.screens:
        drawn = screens(MEASURING_SEED, options.screens)
        figures |= screens_read(Looker(detector).text, drawn)
    return figures


def table(columns: Mapping[str, Figures]) -> Table:
    """A row for each figure, a column for each weights file and size of input."""
    drawn = Table("", *columns, "cases")
    rows = next(iter(columns.values()))
    for name in rows:
        cells = (_cell(figures[name]) for figures in columns.values())
        drawn.add_row(name, *cells, str(rows[name].cases))
    return drawn


def _cell(figure: Estimate) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.evaluation", description=__doc__
    )
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument(
        "--pixels", type=int, nargs="+", default=[INPUT_PIXELS], help="longest sides of the input"
    )
    parser.add_argument("--photos", type=Path, help="folder of photos with NAME.txt beside each")
    parser.add_argument(
        "--region",
        choices=(ANYWHERE, *REGIONS),
        default=ANYWHERE,
        help="country whose formats count on the photos' plates",
    )
    parser.add_argument(
        "--pictures", type=Path, help="folder of pictures, NAME.txt has their words"
    )
    parser.add_argument("--video", type=Path, help="MP4 without any text in it")
    parser.add_argument("--stride", type=int, default=1, help="take every n-th frame of the video")
    parser.add_argument("--synthetic", type=int, default=0, help="number of fresh scenes")
    parser.add_argument("--kinds", type=int, default=0, help="frames with text of each kind alone")
    parser.add_argument("--lines", type=int, default=0, help="scenes to read, of each kind")
    parser.add_argument("--screens", type=int, default=0, help="screens to read, of each kind")
    return parser


if __name__ == "__main__":
    main()
