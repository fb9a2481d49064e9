"""The plate reader's network: a plate's crop in, a character or none for each of 40 columns out.

Trained with CTC (A. Graves et al., ICML 2006), so that no character needs a place of its own.
"""

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from worker.pipeline.frame import Grey
from worker.pipeline.libraries import torch

# Class 0 is CTC's blank; the alphabet starts at 1.
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
CHANNELS = (24, 64, 96, 128, 128, 192)
STRIDES = ((2, 2), (2, 2), (1, 1), (2, 1), (1, 1), (2, 1))
ROWS_LEFT = 3
CONTEXT_COLUMNS = 5
# A number's format spans it all: whether a stroke is a 1 or an I, its far end may show.
DILATIONS = (2, 4, 8)
# Of a flat crop the noise must not be blown up to letters.
LEAST_DEVIATION = 8.0

Tensor = torch.Tensor
Module = torch.nn.Module


class PlateNetwork(Module):
    """(n, 1, 40, 160) crops as `prepared` makes them to (n, 37, 40) scores, 1.4 M parameters."""

    def __init__(self) -> None:
        super().__init__()
        sizes = zip((1, *CHANNELS), CHANNELS, STRIDES, strict=False)
        self.features = torch.nn.Sequential(*(_block(*size) for size in sizes))
        width = CHANNELS[-1]
        self.head = torch.nn.Sequential(
            _columns(width * ROWS_LEFT, width, 1),
            _columns(width, width, CONTEXT_COLUMNS),
            _columns(width, width, CONTEXT_COLUMNS),
            *(_Afar(width, dilation) for dilation in DILATIONS),
            torch.nn.Conv1d(width, len(ALPHABET) + 1, 1),
        )

    def forward(self, crops: Tensor) -> Tensor:
        """Scores of every class for every column, left to right."""
        return cast(Tensor, self.head(self.features(crops).flatten(1, 2)))


class _Afar(Module):
    """Adds to each column what columns further off show; nothing as yet when untrained."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        reach = dilation * (CONTEXT_COLUMNS // 2)
        last = torch.nn.BatchNorm1d(width)
        torch.nn.init.zeros_(last.weight)
        self.look = torch.nn.Sequential(
            torch.nn.Conv1d(
                width, width // 2, CONTEXT_COLUMNS, padding=reach, dilation=dilation, bias=False
            ),
            torch.nn.BatchNorm1d(width // 2),
            torch.nn.ReLU(inplace=True),
            torch.nn.Conv1d(width // 2, width, 1, bias=False),
            last,
        )

    def forward(self, columns: Tensor) -> Tensor:
        return torch.relu(columns + self.look(columns))


def prepared(crops: Sequence[Grey] | NDArray[np.uint8]) -> Tensor:
    """Grey crops as the network takes them: (n, 1, height, width), mean 0, deviation 1."""
    greys = torch.from_numpy(np.stack(list(crops))).float()
    mean = greys.mean((1, 2), keepdim=True)
    deviation = greys.std((1, 2), keepdim=True)
    return ((greys - mean) / (deviation + LEAST_DEVIATION))[:, None]


def decoded(scores: Tensor) -> list[tuple[str, float]]:
    """Each crop's most probable text and the product of its characters' probabilities (0 to 1)."""
    best, classes = scores.softmax(1).max(1)
    return [_text(*row) for row in zip(classes.tolist(), best.tolist(), strict=True)]


def _text(classes: Sequence[int], probabilities: Sequence[float]) -> tuple[str, float]:
    text, log_confidence, last, highest = [], 0.0, 0, 0.0
    for found, probability in zip([*classes, 0], [*probabilities, 1.0], strict=True):
        if found != last and last:
            text.append(ALPHABET[last - 1])
            log_confidence += math.log(highest)
        highest = max(highest, probability) if found == last else probability
        last = found
    return "".join(text), math.exp(log_confidence) if text else 0.0


def _block(before: int, after: int, stride: tuple[int, int]) -> Module:
    return torch.nn.Sequential(
        torch.nn.Conv2d(before, after, 3, stride, 1, bias=False),
        torch.nn.BatchNorm2d(after),
        torch.nn.ReLU(inplace=True),
    )


def _columns(before: int, after: int, size: int) -> Module:
    return torch.nn.Sequential(
        torch.nn.Conv1d(before, after, size, padding=size // 2, bias=False),
        torch.nn.BatchNorm1d(after),
        torch.nn.ReLU(inplace=True),
    )
