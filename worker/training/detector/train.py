"""Trains the detector: ``python -m worker.training.detector.train --minutes 105 --out FOLDER``.

Needs the packages of ``packages.txt``. Stops after ``--steps`` or ``--minutes``, whichever is
first; the learning rate falls to that end. Started again on the same folder it goes on from
the last checkpoint; ``--start WEIGHTS`` begins a run with the weights of an earlier one.
Runs on CUDA where there is one.
"""

import argparse
import math
import sys
from pathlib import Path
from typing import Any, cast

import cv2

from worker.pipeline.libraries import torch
from worker.training.detector.model import (
    Average,
    Network,
    build,
    in_layout,
    load_weights,
    save_weights,
)
from worker.training.detector.samples import Batch, batches
from worker.training.loop.curve import draw_curve
from worker.training.loop.report import Reporter
from worker.training.loop.run import Rate, Run, paced
from worker.training.synth.assets import AssetsMissing, find_assets
from worker.training.synth.tiles import Supply, TileMakers

PEAK_RATE = 2e-3
WARM_UP_STEPS, CONSTANT_SHARE = 150, 0.5
WEIGHT_DECAY = 0.02
LONGEST_GRADIENT = 10.0
LOSS_NAMES = ("box", "cls", "dfl")


def main() -> None:
    """Trains as the command line says."""
    options = _options()
    try:
        find_assets()
    except AssetsMissing as error:
        sys.exit(f"error: {error}")
    cv2.setNumThreads(1)
    torch.set_num_threads(options.threads)
    # Numbers too small to matter cost a processor a hundred times an ordinary one.
    torch.set_flush_denormal(True)
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    options.out.mkdir(parents=True, exist_ok=True)
    run = new_run(device, options.start)
    checkpoint = options.out / "checkpoint.pt"
    if checkpoint.exists():
        run.restore(checkpoint)
    makers = TileMakers(
        options.cache,
        Supply(options.seed, capacity=options.tiles),
        processes=options.makers,
        sample=run.step * options.batch,
    )
    try:
        _train(run, makers, options, device)
    finally:
        makers.close()


def new_run(device: torch.device, start: Path | None = None) -> Run:
    """A model on ``device`` with all that trains it: untrained, or with ``start``'s weights."""
    model = build()
    if start:
        load_weights(model, start)
    model = in_layout(model.to(device), torch.channels_last).train()
    return Run(model, Average(model), _optimizer(model))


def train_step(run: Run, batch: Batch, device: torch.device, rate: float) -> None:
    """One step on one batch."""
    images = batch.images.to(device).to(memory_format=torch.channels_last).float() / 255
    with torch.autocast(device.type, torch.bfloat16):
        predictions = run.model(images)
    # The box loss divides small numbers: in half precision it would not converge.
    predictions = {name: _full_precision(value) for name, value in predictions.items()}
    truth = {
        "img": images,
        "cls": batch.kinds.to(device),
        "bboxes": batch.boxes.to(device),
        "batch_idx": batch.images_of.to(device),
    }
    loss, parts = cast(Any, run.model).loss(truth, predictions)
    for group in run.optimizer.param_groups:
        group["lr"] = rate
    run.optimizer.zero_grad(set_to_none=True)
    (loss.sum() / len(images)).backward()
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), LONGEST_GRADIENT)
    run.optimizer.step()
    run.follow([float(parts[f"{name}_loss"]) for name in LOSS_NAMES])


def _train(run: Run, makers: TileMakers, options: argparse.Namespace, device: torch.device) -> None:
    supply = batches(makers, options.seed, first=run.step, batch=options.batch, sizes=options.sizes)
    rate = Rate(options.rate, WARM_UP_STEPS, CONSTANT_SHARE)
    with Reporter(options.steps, options.minutes * 60) as reporter:
        for progress in paced(
            run,
            steps=options.steps,
            minutes=options.minutes,
            keep=lambda: _keep(run, options.out),
        ):
            train_step(run, next(supply), device, rate.at(run.step, progress))
            images = run.step * options.batch
            reporter.show(run.step, run.seconds, images, run.recent(LOSS_NAMES))
    _keep(run, options.out)


def _keep(run: Run, folder: Path) -> None:
    run.save(folder / "checkpoint.pt")
    save_weights(run.average.model, folder / "weights.pt")
    draw_curve(run.losses, LOSS_NAMES, folder / "curve.png")


def _optimizer(model: Network) -> torch.optim.Optimizer:
    decayed = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    plain = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": WEIGHT_DECAY},
        {"params": plain, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=PEAK_RATE, betas=(0.9, 0.99), fused=True)


def _full_precision(value: torch.Tensor | list[torch.Tensor]) -> torch.Tensor | list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return value.float()
    return [part.float() for part in value]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.detector.train", description=__doc__
    )
    parser.add_argument("--out", type=Path, default=Path(".cache/training/run"))
    parser.add_argument("--cache", type=Path, default=Path(".cache/training/tiles"))
    parser.add_argument("--start", type=Path, help="weights of an earlier run to begin with")
    parser.add_argument("--minutes", type=float, default=math.inf, help="time to spend in all")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=PEAK_RATE, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[352, 576], help="sides of crops, pixels"
    )
    parser.add_argument("--tiles", type=int, default=3000, help="tiles kept at a time, 1 MB each")
    parser.add_argument("--makers", type=int, default=1, help="processes that make tiles")
    parser.add_argument("--threads", type=int, default=2, help="threads of the training itself")
    return parser.parse_args()


if __name__ == "__main__":
    main()
