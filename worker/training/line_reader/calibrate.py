"""How often lines are read right: ``python -m worker.training.line_reader.calibrate``.

Reads freshly made lines with the line reader and with Tesseract, and fits "the reading is the line"
on the log-odds of each one's confidence. From both fits follows the scale on which a confidence of
the one is as good as one of the other; it goes into worker.pipeline.ocr.lines.reader.
"""

import argparse
from collections.abc import Sequence
from functools import partial
from itertools import chain, count, islice

from rich.console import Console
from rich.table import Table

from worker.pipeline.frame import Reading
from worker.pipeline.ocr.crops import tight_crop
from worker.pipeline.ocr.lines.reader import LineReader
from worker.training.calibration import fitted, read_by_tesseract
from worker.training.line_reader.crops import Sight, make_sights
from worker.training.line_reader.words import load_words
from worker.training.synth.assets import load_assets

# No training run uses this seed.
CALIBRATING_SEED = 20_261_122
AS_IT_IS = (0.0, 1.0)


def main() -> None:
    """Measures, fits and prints."""
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.line_reader.calibrate", description=__doc__
    )
    parser.add_argument("--lines", type=int, default=2000)
    options = parser.parse_args()
    make = partial(make_sights, load_assets(), load_words(), CALIBRATING_SEED)
    sights = list(islice(chain.from_iterable(map(make, count())), options.lines))
    drawn = Table("reader", "read", "right", "offset", "slope")
    fits = {}
    crops = [tight_crop(sight.picture, sight.box) for sight in sights]
    by_reader = {"lines": _by_network(sights), "tesseract": read_by_tesseract(crops)}
    for name, readings in by_reader.items():
        pairs = [
            (reading.confidence, reading.text == sight.text)
            for reading, sight in zip(readings, sights, strict=True)
            if reading.text
        ]
        fits[name] = fitted(pairs)
        right = sum(is_right for _, is_right in pairs)
        drawn.add_row(name, str(len(pairs)), str(right), *(f"{part:.2f}" for part in fits[name]))
    (own_offset, own_slope), (offset, slope) = fits["lines"], fits["tesseract"]
    scale = (own_offset - offset) / slope, own_slope / slope
    drawn.add_row("lines on tesseract's scale", "", "", *(f"{part:.2f}" for part in scale))
    Console().print(drawn)


def _by_network(sights: Sequence[Sight]) -> list[Reading]:
    return LineReader(scale=AS_IT_IS).read([(sight.picture, sight.box) for sight in sights])


if __name__ == "__main__":
    main()
