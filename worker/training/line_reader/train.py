"""Trains the line reader: ``python -m worker.training.line_reader.train --folder RUN``.

Needs the packages of ``packages.txt``; word lists of Debian (``wamerican`` and others) are used
where they are installed. Crops are drawn while it trains and kept in ``--cache``. Stops after
``--steps`` or ``--minutes``, whichever is first; the learning rate falls to that end. Started
again on the same folder it goes on from the last checkpoint: with fewer steps, it ends sooner.
"""

import argparse
import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from worker.pipeline.libraries import torch
from worker.pipeline.ocr.lines.alphabet import classes_of
from worker.pipeline.ocr.lines.network import COLUMN_PIXELS, LineNetwork, decoded, prepared
from worker.training.line_reader.crops import Crop
from worker.training.line_reader.shards import SHARD_CROPS, Window, make_shard, read_shard
from worker.training.loop.ctc import ctc_loss, save_weights
from worker.training.loop.run import Network, Rate, Run, new_run
from worker.training.loop.shards import Shards
from worker.training.loop.train import Loss, Recipe, options_parser, prepare, resume, train
from worker.training.synth.assets import require_assets
from worker.training.synth.rng import Rng

PEAK_RATE = 1.5e-3
WARM_UP_STEPS, CONSTANT_SHARE = 500, 0.6
LONGEST_GRADIENT = 5.0
# How many times a crop is drawn on average before it is dropped for a fresh one.
REUSE = 4
FIRST_SHARDS, WINDOW_SHARDS, AHEAD_SHARDS = 6, 60, 4
# No training run uses this seed.
VALIDATING_SEED = 20_261_121
VALIDATING_CROPS = 32
INVERTED_SHARE, NOISY_SHARE, MOST_NOISE = 0.25, 0.3, 0.25
MOST_SHIFT_PIXELS = 2
STRETCHES = (0.85, 1.15)

Tensor = torch.Tensor


def main() -> None:
    """Trains as the command line says."""
    options = _options()
    require_assets()
    prepare(options)
    run = line_reader_run(options.start)
    resume(run, options.folder)
    validating = read_shard(make_shard(options.cache, VALIDATING_SEED, 0))
    make = functools.partial(make_shard, options.cache, options.seed)
    shards = Shards(make, processes=options.makers, ahead=AHEAD_SHARDS)
    last = shards_needed(options.steps, options) - 1
    window = Window(lambda number: read_shard(shards.fetch(number, last=last)), WINDOW_SHARDS)
    try:
        train(run, recipe(window, validating, options), options)
    finally:
        shards.close()


def line_reader_run(start: Path | None = None) -> Run:
    """A reader with all that trains it: untrained, or with ``start``'s weights."""
    network = LineNetwork()
    if start:
        network.load_state_dict(torch.load(start, weights_only=True))
    return new_run(network)


def shards_needed(step: int, options: argparse.Namespace) -> int:
    """How many shards there are to be before that step."""
    return FIRST_SHARDS + int(step * options.batch // (REUSE * SHARD_CROPS))


def recipe(window: Window, validating: Sequence[Crop], options: argparse.Namespace) -> Recipe:
    """The training on crops of the window: which ones follows from seed and step alone."""

    def loss(model: Network, step: int) -> Loss:
        window.move(shards_needed(step, options))
        rng = Rng(options.seed, 6, step)
        batch = window.batch(rng, options.batch)
        crops = _varied(rng, prepared([crop.grey for crop in batch.crops], batch.width))
        with torch.autocast("cpu", torch.bfloat16):
            scores = model(crops.contiguous(memory_format=torch.channels_last))
        total = ctc_loss(scores, [classes_of(crop.text) for crop in batch.crops])
        return total, [float(total.detach())]

    return Recipe(
        weights_name="line-reader.pt",
        loss_names=("ctc",),
        rate=Rate(options.rate, WARM_UP_STEPS, CONSTANT_SHARE),
        longest_gradient=LONGEST_GRADIENT,
        loss=loss,
        save=save_weights,
        measure=lambda model: measured(model, validating),
    )


def measured(model: Network, crops: Sequence[Crop]) -> Mapping[str, float]:
    """Shares of lines read without a fault, in all and by kind, and of characters that are right.

    A character is wrong that has to be added, dropped or changed.
    """
    exact, cases = Counter[str](), Counter[str]()
    edits = characters = 0
    ordered = sorted(crops, key=lambda crop: crop.grey.shape[1])
    for first in range(0, len(ordered), VALIDATING_CROPS):
        part = ordered[first : first + VALIDATING_CROPS]
        width = part[-1].grey.shape[1]
        width += -width % COLUMN_PIXELS
        with torch.inference_mode():
            readings = decoded(model(prepared([crop.grey for crop in part], width)))
        for crop, reading in zip(part, readings, strict=True):
            text = reading.text
            cases[crop.kind] += 1
            exact[crop.kind] += text == crop.text
            edits += Levenshtein.distance(text, crop.text)
            characters += len(crop.text)
    by_kind = {f"exact {kind}": exact[kind] / cases[kind] for kind in sorted(cases)}
    whole = {"exact": exact.total() / cases.total(), "characters": 1 - edits / characters}
    return {name: round(value, 4) for name, value in (whole | by_kind).items()}


def _varied(rng: Rng, crops: Tensor) -> Tensor:
    """The crops a little shifted, stretched and noisier, some as their negatives."""
    signs = np.where(rng.array.random(len(crops)) < INVERTED_SHARE, -1, 1).astype(np.float32)
    crops = crops * torch.from_numpy(signs)[:, None, None, None]
    crops = torch.roll(crops, rng.integer(-MOST_SHIFT_PIXELS, MOST_SHIFT_PIXELS), 2)
    columns = round(crops.shape[3] * rng.uniform(*STRETCHES) / COLUMN_PIXELS)
    size = (crops.shape[2], columns * COLUMN_PIXELS)
    crops = torch.nn.functional.interpolate(crops, size, mode="bilinear", align_corners=False)
    if rng.bernoulli(NOISY_SHARE):
        noise = rng.array.standard_normal(crops.shape, dtype=np.float32)
        crops = crops + torch.from_numpy(noise) * rng.uniform(0, MOST_NOISE)
    return crops


def _options() -> argparse.Namespace:
    parser = options_parser("worker.training.line_reader.train", __doc__)
    parser.set_defaults(
        folder=Path(".cache/training/line-reader"),
        cache=Path(".cache/training/lines"),
        steps=100_000,
        rate=PEAK_RATE,
        batch=40,
        # On cores that others use as well, two threads wait for each other more than they compute.
        threads=1,
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
