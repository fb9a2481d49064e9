"""The loop that every network is trained in; a recipe says what is a network's own."""

import argparse
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

import cv2

from worker.pipeline.libraries import torch
from worker.training.loop.curve import draw_curve
from worker.training.loop.pause import running
from worker.training.loop.report import Reporter
from worker.training.loop.run import Network, Rate, Run, paced

CHECKPOINT, FIGURES, CURVE = "checkpoint.pt", "figures.jsonl", "curve.png"

# The sum to lower, and its parts as ``loss_names`` calls them.
Loss: TypeAlias = tuple[torch.Tensor, Sequence[float]]


@dataclass(frozen=True)
class Recipe:
    """What the training of one network has of its own.

    ``loss`` is of the model on the batch of a step, ``save`` writes the weights to
    ``weights_name`` in the run's folder, ``measure`` gives figures of the averaged model.
    """

    weights_name: str
    loss_names: tuple[str, ...]
    rate: Rate
    longest_gradient: float
    loss: Callable[[Network, int], Loss]
    save: Callable[[Network, Path], None]
    measure: Callable[[Network], Mapping[str, float]] | None = None


def options_parser(module: str, description: str | None) -> argparse.ArgumentParser:
    """The options of every training; a training adds its own and sets the defaults."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--folder", type=Path, help="where the run is kept, and taken up again")
    parser.add_argument("--cache", type=Path, help="where what was drawn is kept")
    parser.add_argument("--start", type=Path, help="weights of an earlier run to begin with")
    parser.add_argument("--minutes", type=float, default=math.inf, help="time to spend in all")
    parser.add_argument("--steps", type=int, help="steps to train in all")
    parser.add_argument("--rate", type=float, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, help="samples a step")
    parser.add_argument("--makers", type=int, default=1, help="processes that draw")
    parser.add_argument("--threads", type=int, default=2, help="threads of the training itself")
    parser.add_argument("--measured", type=int, default=1000, help="steps between two measures")
    return parser


def prepare(options: argparse.Namespace) -> None:
    """Threads, seed and folder, before a network is made."""
    cv2.setNumThreads(1)
    torch.set_num_threads(options.threads)
    # Numbers too small to matter cost a processor a hundred times an ordinary one.
    torch.set_flush_denormal(True)
    torch.manual_seed(options.seed)
    options.folder.mkdir(parents=True, exist_ok=True)


def resume(run: Run, folder: Path) -> None:
    """Goes on from the folder's checkpoint where there is one."""
    if (folder / CHECKPOINT).exists():
        run.restore(folder / CHECKPOINT)


def train(run: Run, recipe: Recipe, options: argparse.Namespace) -> None:
    """Trains until the options' steps or minutes are over, whichever is first."""

    def keep() -> None:
        _keep(run, recipe, options.folder)

    with Reporter(options.steps, options.minutes * 60) as reporter:
        for progress in paced(run, steps=options.steps, minutes=options.minutes, keep=keep):
            with running():
                train_step(run, recipe, progress)
            samples = run.step * options.batch
            reporter.show(run.step, run.seconds, samples, run.recent(recipe.loss_names))
            if run.step % options.measured == 0:
                _measure(run, recipe)
    _measure(run, recipe)
    keep()


def train_step(run: Run, recipe: Recipe, progress: float) -> None:
    """One step on its batch, ``progress`` from 0 to 1 through the run."""
    loss, parts = recipe.loss(run.model, run.step)
    for group in run.optimizer.param_groups:
        group["lr"] = recipe.rate.at(run.step, progress)
    run.optimizer.zero_grad(set_to_none=True)
    cast(Any, loss).backward()
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), recipe.longest_gradient)
    run.optimizer.step()
    run.follow(parts)


def _measure(run: Run, recipe: Recipe) -> None:
    is_measured = bool(run.figures) and run.figures[-1]["step"] == run.step
    if recipe.measure and not is_measured:
        figures = {"step": run.step, "seconds": round(run.seconds), **run.recent(recipe.loss_names)}
        with running():
            figures |= recipe.measure(run.averaged)
        run.figures.append(figures)


def _keep(run: Run, recipe: Recipe, folder: Path) -> None:
    run.save(folder / CHECKPOINT)
    recipe.save(run.averaged, folder / recipe.weights_name)
    draw_curve(run.losses, recipe.loss_names, folder / CURVE)
    lines = "".join(json.dumps(row) + "\n" for row in run.figures)
    (folder / FIGURES).write_text(lines, encoding="utf-8")
