"""Reads lines with the network of our own that ships: any printed text in Latin letters."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from worker.pipeline.frame import Box, Grey, Picture, Provenance, Reading
from worker.pipeline.libraries import torch
from worker.pipeline.networks.shipped import FOLDER, open_shipped
from worker.pipeline.ocr.lines.crops import line_crop
from worker.pipeline.ocr.lines.network import (
    COLUMN_PIXELS,
    HEIGHT_PIXELS,
    LineNetwork,
    decoded,
    prepared,
)
from worker.pipeline.ocr.ranking import calibrated

# The confidence's log-odds as Tesseract's, from how often either is right on fresh made lines:
# python -m worker.training.line_reader.calibrate
TESSERACTS_SCALE = (-2.92, 1.46)
# A row of windows looks like some I in a line: letters stand closer, in characters by the height of
# the line; of 549 made lines none has fewer than 0.68.
LEAST_CHARACTERS_A_HEIGHT = 0.6
SHIPPED = FOLDER / "line-reader.pt"
NOTHING = Reading("", 0.0)


class LineReader:
    """The line reader's weights, on the CPU in float32."""

    def __init__(
        self,
        weights: Path = SHIPPED,
        *,
        cores: int = 1,
        scale: tuple[float, float] = TESSERACTS_SCALE,
    ) -> None:
        """Load the weights; raises SettingsError when they are not the ones that ship.

        scale: offset and slope that a text's confidence is given on the scale of its log-odds.
        """
        self._scale = scale
        self._network, self._sha256 = open_shipped(
            weights,
            LineNetwork,
            example=torch.zeros(2, 1, HEIGHT_PIXELS, 64),
            cores=cores,
        )

    def read(self, lines: Sequence[tuple[Picture, Box]]) -> list[Reading]:
        """What each box says, an empty text where it says nothing.

        A text's confidence is the one at which Tesseract is right as often; that of an empty text
        is the mean probability (geometric) of there being none. What is too sparse for text is
        NOTHING.
        """
        crops = [line_crop(picture, box) for picture, box in lines]
        # A line by itself: what else is in the frame must not change a reading.
        scores = iter(self._network.infer([_alone(crop) for crop in crops if crop is not None]))
        return [NOTHING if crop is None else self._reading(crop, next(scores)) for crop in crops]

    def provenance(self) -> Provenance:
        """Everything that decides what is read."""
        return {"line_weights_sha256": self._sha256}

    def _reading(self, crop: Grey, scores: NDArray[np.float32]) -> Reading:
        [reading] = decoded(torch.from_numpy(scores))
        if not reading.text:
            return reading
        rows, columns = crop.shape
        if len(reading.text) * rows < LEAST_CHARACTERS_A_HEIGHT * columns:
            return NOTHING
        return Reading(reading.text, calibrated(reading.confidence, self._scale))


def _alone(crop: Grey) -> NDArray[np.float32]:
    columns = crop.shape[1] + -crop.shape[1] % COLUMN_PIXELS
    return prepared([crop], columns).numpy()
