"""How often readings of plates are right: ``python -m worker.training.reader.calibrate``.

Reads freshly made plates with the plate reader and with Tesseract, and fits "the reading is the
number" on the log-odds of each one's confidence. The fits go into worker.pipeline.ocr.ranking.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from config.settings import PipelineSettings
from worker.pipeline.frame import Reading
from worker.pipeline.ocr.crops import band_crop
from worker.pipeline.ocr.engines.base import ONE_LINE
from worker.pipeline.ocr.engines.choice import open_reader
from worker.pipeline.ocr.plates.reader import PlateReader
from worker.pipeline.ocr.ranking import letters, log_odds
from worker.training.reader.crops import Sight, make_sight
from worker.training.synth.assets import load_assets

# No training run uses this seed.
CALIBRATING_SEED = 20_261_120
ROUNDS = 30
# Keeps the fit finite where all readings are right, or none.
RIDGE = 1e-3


def main() -> None:
    """Measures, fits and prints."""
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.reader.calibrate", description=__doc__
    )
    parser.add_argument("--plates", type=int, default=1000)
    options = parser.parse_args()
    assets = load_assets()
    sights = [make_sight(assets, CALIBRATING_SEED, index) for index in range(options.plates)]
    drawn = Table("reader", "read", "right", "offset", "slope")
    for name, readings in (("network", _by_network(sights)), ("tesseract", _by_tesseract(sights))):
        pairs = [
            (reading.confidence, letters(reading.text) == sight.number)
            for reading, sight in zip(readings, sights, strict=True)
            if letters(reading.text)
        ]
        offset, slope = fitted(pairs)
        right = sum(is_right for _, is_right in pairs)
        drawn.add_row(name, str(len(pairs)), str(right), f"{offset:.2f}", f"{slope:.2f}")
    Console().print(drawn)


def fitted(pairs: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """Offset and slope of the logistic fit of right and wrong on a confidence's log-odds."""
    odds = np.array([[1.0, log_odds(confidence)] for confidence, _ in pairs])
    right = np.array([is_right for _, is_right in pairs], float)
    fit = np.zeros(2)
    for _ in range(ROUNDS):
        probability = 1 / (1 + np.exp(-odds @ fit))
        slope = odds.T @ (right - probability) - RIDGE * fit
        curve = (odds * (probability * (1 - probability))[:, None]).T @ odds + RIDGE * np.eye(2)
        fit = fit + np.linalg.solve(curve, slope)
    return float(fit[0]), float(fit[1])


def _by_network(sights: Sequence[Sight]) -> list[Reading]:
    reader = PlateReader()
    read = reader.read([(sight.picture, sight.box) for sight in sights])
    return [readings[0] if readings else Reading("", 0.0) for readings in read]


def _by_tesseract(sights: Sequence[Sight]) -> list[Reading]:
    crops = {number: band_crop(sight.picture, sight.box) for number, sight in enumerate(sights)}
    images = {number: crop for number, crop in crops.items() if crop is not None}
    pages = open_reader(PipelineSettings()).read(list(images.values()), psm=ONE_LINE)
    readings = [Reading("", 0.0)] * len(sights)
    for number, page in zip(images, pages, strict=True):
        readings[number] = Reading(page.text, page.confidence)
    return readings


if __name__ == "__main__":
    main()
