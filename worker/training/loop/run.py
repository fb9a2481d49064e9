"""A training run: what a checkpoint keeps, how its rate moves, when it saves and ends."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from worker.pipeline.libraries import torch

CHECKPOINT_SECONDS = 120.0
LAST_RATE_SHARE = 0.01
AVERAGED_STEPS = 50
EMA_DECAY = 0.998
WEIGHT_DECAY = 0.02
BETAS = (0.9, 0.99)

Network: TypeAlias = torch.nn.Module
AveragedModel: TypeAlias = torch.optim.swa_utils.AveragedModel
_moving_average: Callable[[float], Any] = torch.optim.swa_utils.get_ema_multi_avg_fn


@dataclass
class Run:
    """What a checkpoint keeps; ``losses`` has a row for each step, ``figures`` for each measure."""

    model: Network
    average: AveragedModel
    optimizer: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0
    losses: list[tuple[float, ...]] = field(default_factory=list)
    figures: list[dict[str, float]] = field(default_factory=list)

    @property
    def averaged(self) -> Network:
        """The running mean of the weights as a model to infer with."""
        return self.average.module.eval()

    def save(self, file: Path) -> None:
        """Writes a checkpoint, replacing ``file`` in one step."""
        part = file.with_suffix(".part")
        torch.save(
            {
                "model": self.model.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "seconds": self.seconds,
                "losses": self.losses,
                "figures": self.figures,
            },
            part,
        )
        part.replace(file)

    def restore(self, file: Path) -> None:
        """Goes back to where the checkpoint was written."""
        kept = torch.load(file, weights_only=True)
        self.model.load_state_dict(kept["model"])
        self.average.load_state_dict(kept["average"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.step, self.seconds = kept["step"], kept["seconds"]
        self.losses = [tuple(row) for row in kept["losses"]]
        self.figures = kept["figures"]

    def follow(self, losses: Sequence[float]) -> None:
        """Ends a step: the average follows the model, the losses are noted."""
        self.average.update_parameters(self.model)
        self.losses.append(tuple(losses))
        self.step += 1

    def recent(self, names: Sequence[str]) -> dict[str, float]:
        """The mean losses of the last steps, by name."""
        rows = self.losses[-AVERAGED_STEPS:]
        means = (sum(column) / len(rows) for column in zip(*rows, strict=True))
        return dict(zip(names, means, strict=True))


@dataclass(frozen=True)
class Rate:
    """A learning rate: up in ``warm_up`` steps, constant for a share of the run, a cosine down."""

    peak: float
    warm_up: int
    constant_share: float

    def at(self, step: int, progress: float) -> float:
        """The rate at a step, ``progress`` from 0 to 1 through the run."""
        fallen = (progress - self.constant_share) / (1 - self.constant_share)
        cosine = 0.5 * (1 + math.cos(math.pi * max(0.0, min(1.0, fallen))))
        warm = min(1.0, (step + 1) / self.warm_up)
        return self.peak * warm * (LAST_RATE_SHARE + (1 - LAST_RATE_SHARE) * cosine)


def new_run(network: Network) -> Run:
    """A network with all that trains it."""
    model = in_layout(network, torch.channels_last).train()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, betas=BETAS, fused=True)
    average = AveragedModel(model, multi_avg_fn=_moving_average(EMA_DECAY), use_buffers=True)
    return Run(model, average.requires_grad_(False), optimizer)


def in_layout(model: Network, layout: torch.memory_format) -> Network:
    """The same model, its weights in the memory layout given."""
    for parameter in model.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=layout)
    return model


def paced(
    run: Run,
    *,
    steps: int,
    minutes: float,
    keep: Callable[[], None],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[float]:
    """How far the run is, 0 to 1, before each step until it ends; calls ``keep`` now and then.

    It ends after as many steps or minutes in all, taken up again or not, whichever is first.
    """
    before, kept = clock(), run.seconds
    while True:
        now = clock()
        run.seconds, before = run.seconds + now - before, now
        progress = max(run.step / steps, run.seconds / (minutes * 60))
        if progress >= 1:
            return
        if run.seconds - kept > CHECKPOINT_SECONDS:
            keep()
            kept = run.seconds
        yield progress
