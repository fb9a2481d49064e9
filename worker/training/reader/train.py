"""Trains the plate reader: ``python -m worker.training.reader.train --minutes 40 --folder RUN``.

Needs the packages of ``packages.txt``. Crops are made while it trains and kept in ``--cache``.
Stops after ``--steps`` or ``--minutes``, whichever is first; the learning rate falls to that
end. Started again on the same folder it goes on from the last checkpoint;
``--start WEIGHTS`` begins a run with what an earlier network learnt.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from worker.pipeline.libraries import torch
from worker.pipeline.ocr.plates.network import ALPHABET, PlateNetwork, decoded, prepared
from worker.training.loop.ctc import ctc_loss, save_weights
from worker.training.loop.run import Network, Rate, Run, new_run
from worker.training.loop.train import Loss, Recipe, options_parser, prepare, resume, train
from worker.training.reader.crops import Crops, load_crops
from worker.training.synth.assets import require_assets
from worker.training.synth.rng import Rng

PEAK_RATE = 2e-3
WARM_UP_STEPS, CONSTANT_SHARE = 200, 0.4
LONGEST_GRADIENT = 5.0
# How many times a crop is drawn on average before fresh ones are asked for.
REUSE = 3
FIRST_CROPS = 3000
HELD_BACK_CROPS = 1000
INVERTED_SHARE = 0.1
# Of the crops this share is too blurred, dark or small for anybody.
UNREADABLE_SHARE = 0.1
MOST_SHIFT_PIXELS = (2, 4)

Tensor = torch.Tensor


class Pool:
    """The crops made so far; the first HELD_BACK_CROPS of them are kept for measuring."""

    def __init__(self, shards: Iterator[Crops]) -> None:
        self._shards = shards
        self._parts: list[Crops] = []
        self.greys: NDArray[np.uint8] = np.empty((0, 0, 0), np.uint8)
        self.numbers: list[str] = []

    def grow(self, least: int) -> None:
        """Takes further shards until there are ``least`` crops, or no more are to come."""
        before = len(self._parts)
        while len(self.numbers) < least and (shard := next(self._shards, None)):
            self._parts.append(shard)
            self.numbers += shard.numbers
        if len(self._parts) > before:
            self.greys = np.concatenate([part.greys for part in self._parts])


def main() -> None:
    """Trains as the command line says."""
    options = _options()
    require_assets()
    prepare(options)
    run = reader_run(options.start)
    resume(run, options.folder)
    shards = load_crops(options.cache, options.seed, options.crops, processes=options.makers)
    train(run, recipe(Pool(shards), options), options)


def reader_run(start: Path | None = None) -> Run:
    """A reader with all that trains it: untrained, or with what layers of ``start`` it shares."""
    network = PlateNetwork()
    if start:
        # A part added since begins by changing nothing, so a smaller network's weights fit.
        network.load_state_dict(torch.load(start, weights_only=True), strict=False)
    return new_run(network)


def recipe(pool: Pool, options: argparse.Namespace) -> Recipe:
    """The reader's training on crops of the pool: which ones follows from seed and step alone."""

    def loss(model: Network, step: int) -> Loss:
        wanted = min(options.crops, HELD_BACK_CROPS + FIRST_CROPS + step * options.batch // REUSE)
        pool.grow(wanted)
        rng = Rng(options.seed, 3, step)
        rows = rng.array.integers(HELD_BACK_CROPS, wanted, options.batch)
        crops = _varied(rng, prepared(pool.greys[rows]))
        with torch.autocast("cpu", torch.bfloat16):
            scores = model(crops.contiguous(memory_format=torch.channels_last))
        lines = [[ALPHABET.index(c) + 1 for c in pool.numbers[row]] for row in rows]
        total = ctc_loss(scores, lines, left_out=UNREADABLE_SHARE)
        return total, [float(total.detach())]

    return Recipe(
        weights_name="plate-reader.pt",
        loss_names=("ctc",),
        rate=Rate(options.rate, WARM_UP_STEPS, CONSTANT_SHARE),
        longest_gradient=LONGEST_GRADIENT,
        loss=loss,
        save=save_weights,
        measure=lambda model: exact_share(model, pool),
    )


def exact_share(model: Network, pool: Pool) -> Mapping[str, float]:
    """The share of the crops held back that are read without a fault."""
    with torch.inference_mode():
        scores = model(prepared(pool.greys[:HELD_BACK_CROPS]))
    pairs = zip(decoded(scores), pool.numbers[:HELD_BACK_CROPS], strict=True)
    return {"exact": sum(read == number for (read, _), number in pairs) / HELD_BACK_CROPS}


def _varied(rng: Rng, crops: Tensor) -> Tensor:
    """The crops a little shifted, some as their negatives."""
    down, across = (rng.integer(-most, most) for most in MOST_SHIFT_PIXELS)
    signs = np.where(rng.array.random(len(crops)) < INVERTED_SHARE, -1, 1).astype(np.float32)
    return torch.roll(crops, (down, across), (2, 3)) * torch.from_numpy(signs)[:, None, None, None]


def _options() -> argparse.Namespace:
    parser = options_parser("worker.training.reader.train", __doc__)
    parser.add_argument("--crops", type=int, default=24_000, help="crops to make in all")
    parser.set_defaults(
        folder=Path(".cache/training/reader"),
        cache=Path(".cache/training/crops"),
        steps=12_000,
        rate=PEAK_RATE,
        batch=64,
        threads=1,
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
