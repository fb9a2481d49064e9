"""Trains the plate reader: ``python -m worker.training.train_reader --minutes 40 --out FOLDER``.

Needs the packages of ``packages.txt``. Crops are made while it trains and kept in ``--cache``.
Stops after ``--steps`` or ``--minutes``, whichever is first; the learning rate falls to that
end. Started again on the same folder it goes on from the last checkpoint.
"""

import argparse
import hashlib
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from worker.pipeline.libraries import torch
from worker.pipeline.read.plate_network import ALPHABET, PlateNetwork, decoded, prepared
from worker.training.curve import draw_curve
from worker.training.dice import Dice
from worker.training.model import Average, Network, in_layout
from worker.training.reader_crops import Crops, load_crops
from worker.training.report import Reporter

PEAK_RATE = 2e-3
LAST_RATE_SHARE = 0.01
WEIGHT_DECAY = 0.02
WARM_UP_STEPS = 200
CONSTANT_SHARE = 0.4
LONGEST_GRADIENT = 5.0
CHECKPOINT_SECONDS = 120.0
# How many times a crop is drawn on average before fresh ones are asked for.
REUSE = 8
FIRST_CROPS = 3000
HELD_BACK_CROPS = 1000
INVERTED_SHARE = 0.1
MOST_SHIFT_PIXELS = (2, 4)
LOSS_NAMES = ("ctc",)

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


@dataclass
class Run:
    """What a checkpoint keeps."""

    model: Network
    average: Average
    optimizer: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0
    losses: list[tuple[float, ...]] = field(default_factory=list)

    def save(self, file: Path) -> None:
        """Writes a checkpoint, replacing ``file`` in one step."""
        part = file.with_suffix(".part")
        torch.save(
            {
                "model": self.model.state_dict(),
                "average": self.average.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "seconds": self.seconds,
                "losses": self.losses,
            },
            part,
        )
        part.replace(file)

    def restore(self, file: Path) -> None:
        """Goes back to where the checkpoint was written."""
        kept = torch.load(file, weights_only=True)
        self.model.load_state_dict(kept["model"])
        self.average.model.load_state_dict(kept["average"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.step, self.seconds = kept["step"], kept["seconds"]
        self.losses = [tuple(row) for row in kept["losses"]]


def main() -> None:
    """Trains as the command line says."""
    options = _options()
    cv2.setNumThreads(1)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    run, checkpoint = new_run(), options.out / "checkpoint.pt"
    if checkpoint.exists():
        run.restore(checkpoint)
    shards = load_crops(options.cache, options.seed, options.crops, processes=options.makers)
    pool = Pool(shards)
    with Reporter(options.steps, options.minutes * 60) as reporter:
        for progress in _progress(run, options):
            run.losses.append((train_step(run, pool, options, progress),))
            recent = sum(loss for (loss,) in run.losses[-50:]) / len(run.losses[-50:])
            reporter.show(run.step, run.seconds, run.step * options.batch, {"ctc": recent})
    _keep(run, options.out)
    Console().print(f"exact on crops held back: {exact_share(run.average.model, pool):.3f}")


def new_run() -> Run:
    """An untrained reader with all that trains it."""
    model = in_layout(PlateNetwork(), torch.channels_last).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=WEIGHT_DECAY)
    return Run(model, Average(model), optimizer)


def learning_rate(step: int, progress: float) -> float:
    """The rate at a step, ``progress`` from 0 to 1 through the run."""
    fallen = max(0.0, min(1.0, (progress - CONSTANT_SHARE) / (1 - CONSTANT_SHARE)))
    cosine = 0.5 * (1 + math.cos(math.pi * fallen))
    warm = min(1.0, (step + 1) / WARM_UP_STEPS)
    return PEAK_RATE * warm * (LAST_RATE_SHARE + (1 - LAST_RATE_SHARE) * cosine)


def train_step(run: Run, pool: Pool, options: argparse.Namespace, progress: float) -> float:
    """One step; returns its loss. Which crops it takes follows from seed and step alone."""
    first = HELD_BACK_CROPS + FIRST_CROPS
    wanted = min(options.crops, first + run.step * options.batch // REUSE)
    pool.grow(wanted)
    dice = Dice(options.seed, 3, run.step)
    rows = dice.array.integers(HELD_BACK_CROPS, wanted, options.batch)
    crops = _varied(dice, prepared(pool.greys[rows])).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        scores = run.model(crops)
    loss = _loss(scores.float(), [pool.numbers[row] for row in rows])
    for group in run.optimizer.param_groups:
        group["lr"] = learning_rate(run.step, progress)
    run.optimizer.zero_grad(set_to_none=True)
    cast(Any, loss).backward()
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), LONGEST_GRADIENT)
    run.optimizer.step()
    run.average.follow(run.model, run.step)
    run.step += 1
    return float(loss.detach())


def exact_share(model: Network, pool: Pool) -> float:
    """The share of the crops held back that are read without a fault."""
    with torch.inference_mode():
        scores = model(prepared(pool.greys[:HELD_BACK_CROPS]))
    pairs = zip(decoded(scores), pool.numbers[:HELD_BACK_CROPS], strict=True)
    return sum(read == number for (read, _), number in pairs) / HELD_BACK_CROPS


def save_weights(model: Network, file: Path) -> None:
    """The weights in half precision as a plain state dict, and their checksum beside them."""
    part = file.with_suffix(".part")
    state = {
        name: value.contiguous().half() if value.is_floating_point() else value
        for name, value in model.state_dict().items()
    }
    torch.save(state, part)
    part.replace(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    file.with_name(f"{file.name}.sha256").write_text(f"{digest}  {file.name}\n", encoding="ascii")


def _varied(dice: Dice, crops: Tensor) -> Tensor:
    """The crops a little shifted, some as their negatives."""
    down, across = (dice.integer(-most, most) for most in MOST_SHIFT_PIXELS)
    signs = np.where(dice.array.random(len(crops)) < INVERTED_SHARE, -1, 1).astype(np.float32)
    return torch.roll(crops, (down, across), (2, 3)) * torch.from_numpy(signs)[:, None, None, None]


def _loss(scores: Tensor, numbers: list[str]) -> Tensor:
    targets = torch.tensor([ALPHABET.index(c) + 1 for number in numbers for c in number])
    lengths = torch.tensor([len(number) for number in numbers])
    columns = torch.full((len(numbers),), scores.shape[2])
    chances = scores.permute(2, 0, 1).log_softmax(2)
    return torch.nn.functional.ctc_loss(chances, targets, columns, lengths, zero_infinity=True)


def _progress(run: Run, options: argparse.Namespace) -> Iterator[float]:
    """How far the run is before each step, keeping time and checkpoints on the way."""
    before = time.monotonic()
    kept = run.seconds
    while True:
        now = time.monotonic()
        run.seconds, before = run.seconds + now - before, now
        progress = max(run.step / options.steps, run.seconds / (options.minutes * 60))
        if progress >= 1:
            return
        if run.seconds - kept > CHECKPOINT_SECONDS:
            _keep(run, options.out)
            kept = run.seconds
        yield progress


def _keep(run: Run, folder: Path) -> None:
    run.save(folder / "checkpoint.pt")
    save_weights(run.average.model, folder / "plate-reader.pt")
    draw_curve(run.losses, LOSS_NAMES, folder / "curve.png")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.train_reader", description=__doc__
    )
    parser.add_argument("--out", type=Path, default=Path(".cache/training/reader"))
    parser.add_argument("--cache", type=Path, default=Path(".cache/training/crops"))
    parser.add_argument("--minutes", type=float, default=math.inf, help="time to spend in all")
    parser.add_argument("--steps", type=int, default=12_000)
    parser.add_argument("--crops", type=int, default=24_000, help="crops to make in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--makers", type=int, default=1, help="processes that make crops")
    parser.add_argument("--threads", type=int, default=1, help="threads of the training itself")
    return parser.parse_args()


if __name__ == "__main__":
    main()
