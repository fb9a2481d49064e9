"""Reads plates with the network of our own that ships: all of a plate at once, in no language."""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

from config.settings import SettingsError
from worker.pipeline.boxes import height, moved, scaled
from worker.pipeline.frame import Box, Grey, Picture, Provenance, Reading
from worker.pipeline.libraries import torch
from worker.pipeline.ocr.plates.crops import plate_crop
from worker.pipeline.ocr.plates.guesses import readings_of
from worker.pipeline.ocr.plates.network import PlateNetwork, prepared

SHIPPED = Path(__file__).parents[3] / "weights" / "plate-reader.pt"
THREADS = 2
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
    """The plate reader's weights, loaded on the CPU in float32."""

    def __init__(self, weights: Path = SHIPPED) -> None:
        """Load the weights; raises SettingsError when they are not the ones that ship."""
        data = weights.read_bytes()
        self._sha256 = hashlib.sha256(data).hexdigest()
        checksum = weights.with_name(f"{weights.name}.sha256").read_text(encoding="ascii")
        if self._sha256 != checksum.split()[0]:
            raise SettingsError(
                f"{weights}: is not the file that ships (SHA-256 differs); install again"
            )
        torch.set_num_threads(THREADS)
        self._network = PlateNetwork().eval()
        self._network.load_state_dict(torch.load(io.BytesIO(data), weights_only=True))

    def read(self, picture: Picture, box: Box) -> tuple[Reading, ...]:
        """What the plate in the box may say, most probable first; none where none can be read.

        A confidence is the mean of the reading's own over all crops, weighed by how many plates
        are in its format; they sum to 1 at most.
        """
        crops = [plate_crop(picture, _moved(box, shares)) for shares in CROPS]
        return self._read([crop for crop in crops if crop is not None])

    def provenance(self) -> Provenance:
        """Everything that decides what is read."""
        return {"plate_weights_sha256": self._sha256, "plate_threads": THREADS}

    def _read(self, crops: Sequence[Grey]) -> tuple[Reading, ...]:
        if not crops:
            return ()
        # One plate's crops make a batch: what else is in the frame must not change a reading.
        with torch.inference_mode():
            return readings_of(self._network(prepared(crops)))


def _moved(box: Box, shares: Box) -> Box:
    return moved(box, scaled(shares, height(box), height(box)))
