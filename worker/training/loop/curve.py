"""The learning curve as a picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

SMOOTHED_STEPS = 100


def draw_curve(losses: Sequence[Sequence[float]], names: Sequence[str], file: Path) -> None:
    """Draws each loss over the steps, as means of ``SMOOTHED_STEPS``, into a PNG."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    rows = np.asarray(losses, float).reshape(-1, len(names))
    width = max(1, min(SMOOTHED_STEPS, len(rows)))
    whole = rows[: len(rows) // width * width].reshape(-1, width, len(names)).mean(1)
    for column, name in enumerate(names):
        axes.plot((np.arange(len(whole)) + 1) * width, whole[:, column], label=name)
    axes.set(xlabel="step", ylabel=f"loss, mean of {width} steps", yscale="log")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=110)
