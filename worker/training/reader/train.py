"""Trains the plate reader: ``python -m worker.training.reader.train --minutes 40 --out FOLDER``.

Needs the packages of ``packages.txt``. Crops are made while it trains and kept in ``--cache``.
Stops after ``--steps`` or ``--minutes``, whichever is first; the learning rate falls to that
end. Started again on the same folder it goes on from the last checkpoint;
``--start WEIGHTS`` begins a run with what an earlier network learnt.
"""

import argparse
import hashlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from worker.pipeline.libraries import torch
from worker.pipeline.ocr.plates.network import ALPHABET, PlateNetwork, decoded, prepared
from worker.training.detector.model import Average, Network, in_layout
from worker.training.loop.curve import draw_curve
from worker.training.loop.report import Reporter
from worker.training.loop.run import Rate, Run, paced
from worker.training.reader.crops import Crops, load_crops
from worker.training.synth.rng import Rng

RATE = Rate(peak=2e-3, warm_up=200, constant_share=0.4)
WEIGHT_DECAY = 0.02
LONGEST_GRADIENT = 5.0
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


def main() -> None:
    """Trains as the command line says."""
    options = _options()
    cv2.setNumThreads(1)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    run, checkpoint = new_run(options.start), options.out / "checkpoint.pt"
    if checkpoint.exists():
        run.restore(checkpoint)
    shards = load_crops(options.cache, options.seed, options.crops, processes=options.makers)
    pool = Pool(shards)
    with Reporter(options.steps, options.minutes * 60) as reporter:
        for progress in paced(
            run,
            steps=options.steps,
            minutes=options.minutes,
            keep=lambda: _keep(run, options.out),
        ):
            train_step(run, pool, options, progress)
            crops = run.step * options.batch
            reporter.show(run.step, run.seconds, crops, run.recent(LOSS_NAMES))
    _keep(run, options.out)
    Console().print(f"exact on crops held back: {exact_share(run.average.model, pool):.3f}")


def new_run(start: Path | None = None) -> Run:
    """A reader with all that trains it: untrained, or with what layers of ``start`` it shares."""
    network = PlateNetwork()
    if start:
        # A part added since begins by changing nothing, so a smaller network's weights fit.
        network.load_state_dict(torch.load(start, weights_only=True), strict=False)
    model = in_layout(network, torch.channels_last).train()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=RATE.peak, weight_decay=WEIGHT_DECAY, fused=True
    )
    return Run(model, Average(model), optimizer)


def train_step(run: Run, pool: Pool, options: argparse.Namespace, progress: float) -> None:
    """One step. Which crops it takes follows from seed and step alone."""
    first = HELD_BACK_CROPS + FIRST_CROPS
    wanted = min(options.crops, first + run.step * options.batch // REUSE)
    pool.grow(wanted)
    rng = Rng(options.seed, 3, run.step)
    rows = rng.array.integers(HELD_BACK_CROPS, wanted, options.batch)
    crops = _varied(rng, prepared(pool.greys[rows])).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        scores = run.model(crops)
    loss = _loss(scores.float(), [pool.numbers[row] for row in rows])
    for group in run.optimizer.param_groups:
        group["lr"] = RATE.at(run.step, progress)
    run.optimizer.zero_grad(set_to_none=True)
    cast(Any, loss).backward()
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), LONGEST_GRADIENT)
    run.optimizer.step()
    run.follow([float(loss.detach())])


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


def _varied(rng: Rng, crops: Tensor) -> Tensor:
    """The crops a little shifted, some as their negatives."""
    down, across = (rng.integer(-most, most) for most in MOST_SHIFT_PIXELS)
    signs = np.where(rng.array.random(len(crops)) < INVERTED_SHARE, -1, 1).astype(np.float32)
    return torch.roll(crops, (down, across), (2, 3)) * torch.from_numpy(signs)[:, None, None, None]


def _loss(scores: Tensor, numbers: list[str]) -> Tensor:
    targets = torch.tensor([ALPHABET.index(c) + 1 for number in numbers for c in number])
    lengths = torch.tensor([len(number) for number in numbers])
    columns = torch.full((len(numbers),), scores.shape[2])
    chances = scores.permute(2, 0, 1).log_softmax(2)
    return torch.nn.functional.ctc_loss(chances, targets, columns, lengths, zero_infinity=True)


def _keep(run: Run, folder: Path) -> None:
    run.save(folder / "checkpoint.pt")
    save_weights(run.average.model, folder / "plate-reader.pt")
    draw_curve(run.losses, LOSS_NAMES, folder / "curve.png")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.reader.train", description=__doc__
    )
    parser.add_argument("--out", type=Path, default=Path(".cache/training/reader"))
    parser.add_argument("--cache", type=Path, default=Path(".cache/training/crops"))
    parser.add_argument("--start", type=Path, help="weights of an earlier run to begin with")
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
