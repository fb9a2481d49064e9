"""Trains the detector: ``python -m worker.training.detector.train --minutes 105 --folder RUN``.

Needs the packages of ``packages.txt``. Stops after ``--steps`` or ``--minutes``, whichever is
first; the learning rate falls to that end. Started again on the same folder it goes on from
the last checkpoint; ``--start WEIGHTS`` begins a run with the weights of an earlier one.
Runs on CUDA where there is one.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from worker.pipeline.libraries import torch
from worker.training.detector.model import build, load_weights, save_weights
from worker.training.detector.samples import Batch, batches
from worker.training.loop.run import Network, Rate, Run, new_run
from worker.training.loop.train import Loss, Recipe, options_parser, prepare, resume, train
from worker.training.synth.assets import require_assets
from worker.training.synth.tiles import Supply, TileMakers

PEAK_RATE = 2e-3
WARM_UP_STEPS, CONSTANT_SHARE = 150, 0.5
LONGEST_GRADIENT = 10.0
LOSS_NAMES = ("box", "cls", "dfl")


def main() -> None:
    """Trains as the command line says."""
    options = _options()
    require_assets()
    prepare(options)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    run = detector_run(device, options.start)
    resume(run, options.folder)
    makers = TileMakers(
        options.cache,
        Supply(options.seed, capacity=options.tiles),
        processes=options.makers,
        sample=run.step * options.batch,
    )
    supply = batches(makers, options.seed, first=run.step, batch=options.batch, sizes=options.sizes)
    try:
        train(run, recipe(supply, device, options.rate), options)
    finally:
        makers.close()


def detector_run(device: torch.device, start: Path | None = None) -> Run:
    """A model on ``device`` with all that trains it: untrained, or with ``start``'s weights."""
    model = build()
    if start:
        load_weights(model, start)
    return new_run(model.to(device))


def recipe(supply: Iterator[Batch], device: torch.device, rate: float = PEAK_RATE) -> Recipe:
    """The detector's training on the batches of ``supply``, one a step."""
    return Recipe(
        weights_name="weights.pt",
        loss_names=LOSS_NAMES,
        rate=Rate(rate, WARM_UP_STEPS, CONSTANT_SHARE),
        longest_gradient=LONGEST_GRADIENT,
        loss=lambda model, _: _loss(model, next(supply), device),
        save=save_weights,
    )


def _loss(model: Network, batch: Batch, device: torch.device) -> Loss:
    images = batch.images.to(device).to(memory_format=torch.channels_last).float() / 255
    with torch.autocast(device.type, torch.bfloat16):
        predictions = model(images)
    # The box loss divides small numbers: in half precision it would not converge.
    predictions = {name: _full_precision(value) for name, value in predictions.items()}
    truth = {
        "img": images,
        "cls": batch.kinds.to(device),
        "bboxes": batch.boxes.to(device),
        "batch_idx": batch.images_of.to(device),
    }
    loss, parts = cast(Any, model).loss(truth, predictions)
    return loss.sum() / len(images), [float(parts[f"{name}_loss"]) for name in LOSS_NAMES]


def _full_precision(value: torch.Tensor | list[torch.Tensor]) -> torch.Tensor | list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return value.float()
    return [part.float() for part in value]


def _options() -> argparse.Namespace:
    parser = options_parser("worker.training.detector.train", __doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[352, 576], help="sides of crops, pixels"
    )
    parser.add_argument("--tiles", type=int, default=3000, help="tiles kept at a time, 1 MB each")
    parser.set_defaults(
        folder=Path(".cache/training/run"),
        cache=Path(".cache/training/tiles"),
        steps=20_000,
        rate=PEAK_RATE,
        batch=8,
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
