"""What both readers' calibrations share: Tesseract's readings, and the fit of right and wrong."""

from collections.abc import Sequence

import numpy as np

from config.settings import PipelineSettings
from worker.pipeline.frame import Grey, Reading
from worker.pipeline.ocr.engines.base import ONE_LINE
from worker.pipeline.ocr.engines.choice import open_reader
from worker.pipeline.ocr.ranking import log_odds

ROUNDS = 30
# Keeps the fit finite where all readings are right, or none.
RIDGE = 1e-3


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


def read_by_tesseract(crops: Sequence[Grey | None]) -> list[Reading]:
    """What each crop says as one line; nothing, with confidence 0, where there is no crop."""
    images = {number: crop for number, crop in enumerate(crops) if crop is not None}
    pages = open_reader(PipelineSettings()).read(list(images.values()), psm=ONE_LINE)
    readings = [Reading("", 0.0)] * len(crops)
    for number, page in zip(images, pages, strict=True):
        readings[number] = Reading(page.text, page.confidence)
    return readings
