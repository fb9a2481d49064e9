"""Reads plates with the network of our own that ships: all of a plate at once, in no language."""

from collections.abc import Callable, Sequence
from pathlib import Path

from config.regions import ANYWHERE
from worker.pipeline.boxes import height, moved, scaled
from worker.pipeline.frame import Box, Grey, Picture, Provenance, Reading
from worker.pipeline.libraries import torch
from worker.pipeline.networks.shipped import FOLDER, open_shipped
from worker.pipeline.ocr.plates.crops import (
    HEIGHT_PIXELS,
    WIDTH_PIXELS,
    plate_crop,
    stacked_crop,
)
from worker.pipeline.ocr.plates.guesses import readings_of
from worker.pipeline.ocr.plates.network import PlateNetwork, prepared

SHIPPED = FOLDER / "plate-reader.pt"
# The box moved and let out, in shares of its height (left, top, right, bottom): what is read in
# many of these is right more often than what one lucky crop gives.
CROPS: tuple[Box, ...] = (
    (0.0, 0.0, 0.0, 0.0),
    (-0.06, -0.06, 0.06, 0.06),
    (0.05, 0.05, -0.05, -0.05),
    (0.0, -0.07, 0.0, -0.07),
    (0.0, 0.07, 0.0, 0.07),
)


class PlateReader:
    """The plate reader's weights, on the CPU in float32."""

    def __init__(self, weights: Path = SHIPPED, *, cores: int = 1) -> None:
        """Load the weights; raises SettingsError when they are not the ones that ship."""
        self._network, self._sha256 = open_shipped(
            weights,
            PlateNetwork,
            example=torch.zeros(len(CROPS), 1, HEIGHT_PIXELS, WIDTH_PIXELS),
            cores=cores,
        )

    def read(
        self,
        plates: Sequence[tuple[Picture, Box]],
        region: str = ANYWHERE,
        *,
        in_two_rows: bool = False,
    ) -> list[tuple[Reading, ...]]:
        """What the plate in each box may say, most probable first; none where none can be read.

        A confidence is the mean of the reading's own over all crops, weighed by how many plates
        are in its format; they sum to 1 at most. region: whose formats count, see Stage.start.
        in_two_rows: the number goes on in a second row below the first.
        """
        cut = stacked_crop if in_two_rows else plate_crop
        crops = [_crops(cut, picture, box) for picture, box in plates]
        # One plate's crops make a batch: what else is in the frame must not change a reading.
        scores = iter(self._network.infer([prepared(group).numpy() for group in crops if group]))
        return [
            readings_of(torch.from_numpy(next(scores)), region) if group else () for group in crops
        ]

    def provenance(self) -> Provenance:
        """Everything that decides what is read."""
        return {"plate_weights_sha256": self._sha256}


def _crops(cut: Callable[[Picture, Box], Grey | None], picture: Picture, box: Box) -> list[Grey]:
    crops = (cut(picture, _moved(box, shares)) for shares in CROPS)
    return [crop for crop in crops if crop is not None]


def _moved(box: Box, shares: Box) -> Box:
    return moved(box, scaled(shares, height(box), height(box)))
