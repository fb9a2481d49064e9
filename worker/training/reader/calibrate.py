"""How often readings of plates are right: ``python -m worker.training.reader.calibrate``.

Reads freshly made plates with the plate reader and with Tesseract, and fits "the reading is the
number" on the log-odds of each one's confidence. The fits go into worker.pipeline.ocr.ranking.
"""

import argparse
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from worker.pipeline.frame import Reading
from worker.pipeline.ocr.crops import band_crop
from worker.pipeline.ocr.plates.reader import PlateReader
from worker.pipeline.ocr.ranking import letters
from worker.training.calibration import fitted, read_by_tesseract
from worker.training.reader.crops import Sight, make_sight
from worker.training.synth.assets import load_assets
from worker.training.synth.plates.painter import ONE_LINE, STACKED

# No training run uses this seed.
CALIBRATING_SEED = 20_261_120


def main() -> None:
    """Measures, fits and prints."""
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.reader.calibrate", description=__doc__
    )
    parser.add_argument("--plates", type=int, default=1000)
    options = parser.parse_args()
    assets = load_assets()
    in_one, in_two = (
        [make_sight(assets, CALIBRATING_SEED, index, layouts) for index in range(options.plates)]
        for layouts in (ONE_LINE, STACKED)
    )
    drawn = Table("reader", "read", "right", "offset", "slope")
    crops = [band_crop(sight.picture, sight.box) for sight in in_one]
    by_reader = {
        "network": (in_one, _by_network(in_one)),
        "network, two rows": (in_two, _by_network(in_two, in_two_rows=True)),
        "tesseract": (in_one, read_by_tesseract(crops)),
    }
    for name, (sights, readings) in by_reader.items():
        pairs = [
            (reading.confidence, letters(reading.text) == sight.number)
            for reading, sight in zip(readings, sights, strict=True)
            if letters(reading.text)
        ]
        offset, slope = fitted(pairs)
        right = sum(is_right for _, is_right in pairs)
        drawn.add_row(name, str(len(pairs)), str(right), f"{offset:.2f}", f"{slope:.2f}")
    Console().print(drawn)


def _by_network(sights: Sequence[Sight], *, in_two_rows: bool = False) -> list[Reading]:
    plates = [(sight.picture, sight.box) for sight in sights]
    read = PlateReader().read(plates, in_two_rows=in_two_rows)
    return [readings[0] if readings else Reading("", 0.0) for readings in read]


if __name__ == "__main__":
    main()
