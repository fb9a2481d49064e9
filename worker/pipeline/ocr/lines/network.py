"""The line reader's network: a line's crop in, a character or none for every 4 of its columns out.

Trained with CTC (A. Graves et al., ICML 2006), so that no character needs a place of its own.
Made of what a CPU does quickly: depthwise convolutions with pointwise ones between (A. Howard et
al., 2017), the widest of them on one row. There is no pooling and no attention: a line's scores
do not depend on what it is batched with, and the exported graph takes any width.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np

from worker.pipeline.frame import Grey, Reading
from worker.pipeline.libraries import torch
from worker.pipeline.ocr.lines.alphabet import ALPHABET, text_of

HEIGHT_PIXELS = 32
# One column of scores for so many of the crop's.
COLUMN_PIXELS = 4
STEM_CHANNELS, FINE_CHANNELS, COARSE_CHANNELS, LINE_CHANNELS = 16, 48, 96, 256
FINE_BLOCKS, COARSE_BLOCKS, LINE_BLOCKS = 2, 3, 4
GROWTH = 2
KERNEL, LINE_KERNEL = 5, 11
ROWS_LEFT = 4
# Of a flat crop the noise must not be blown up to letters.
LEAST_DEVIATION = 8.0

Tensor = torch.Tensor
Module = torch.nn.Module


class LineNetwork(Module):
    """(n, 1, 32, w) crops to (n, classes, w / 4) scores, w a multiple of 4; 1.4 M parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.features = torch.nn.Sequential(
            _joined(1, STEM_CHANNELS, 3, stride=2),
            _joined(STEM_CHANNELS, FINE_CHANNELS, 3, stride=2),
            *(_Mixer(FINE_CHANNELS, KERNEL, KERNEL) for _ in range(FINE_BLOCKS)),
            _joined(FINE_CHANNELS, COARSE_CHANNELS, 3, stride=(2, 1)),
            *(_Mixer(COARSE_CHANNELS, KERNEL, KERNEL) for _ in range(COARSE_BLOCKS)),
            torch.nn.Conv2d(COARSE_CHANNELS, LINE_CHANNELS, (ROWS_LEFT, 1), bias=False),
            torch.nn.BatchNorm2d(LINE_CHANNELS),
            torch.nn.ReLU(inplace=True),
            *(_Mixer(LINE_CHANNELS, 1, LINE_KERNEL) for _ in range(LINE_BLOCKS)),
        )
        self.head = torch.nn.Conv2d(LINE_CHANNELS, len(ALPHABET) + 1, 1)

    def forward(self, crops: Tensor) -> Tensor:
        """Scores of every class, the blank first, for every column, left to right."""
        return cast(Tensor, self.head(self.features(crops))).squeeze(2)


class _Mixer(Module):
    """Adds to each place what its neighbours tell."""

    def __init__(self, width: int, rows: int, columns: int) -> None:
        super().__init__()
        last = torch.nn.BatchNorm2d(width)
        torch.nn.init.zeros_(last.weight)
        self.look = torch.nn.Sequential(
            torch.nn.Conv2d(
                width,
                width,
                (rows, columns),
                padding=(rows // 2, columns // 2),
                groups=width,
                bias=False,
            ),
            torch.nn.BatchNorm2d(width),
            _joined(width, width * GROWTH, 1),
            torch.nn.Conv2d(width * GROWTH, width, 1, bias=False),
            last,
        )

    def forward(self, places: Tensor) -> Tensor:
        return cast(Tensor, places + self.look(places))


def _joined(before: int, after: int, size: int, *, stride: int | tuple[int, int] = 1) -> Module:
    return torch.nn.Sequential(
        torch.nn.Conv2d(before, after, size, stride, padding=size // 2, bias=False),
        torch.nn.BatchNorm2d(after),
        torch.nn.ReLU(inplace=True),
    )


def prepared(greys: Sequence[Grey], width: int) -> Tensor:
    """Crops as the network takes them: (n, 1, height, width), each of mean 0 and deviation 1.

    What a crop lacks to ``width`` is filled up at its right with its mean.
    """
    filled = torch.zeros(len(greys), 1, HEIGHT_PIXELS, width)
    for row, grey in enumerate(greys):
        crop = torch.from_numpy(np.ascontiguousarray(grey)).float()
        filled[row, 0, :, : grey.shape[1]] = (crop - crop.mean()) / (crop.std() + LEAST_DEVIATION)
    return filled


def decoded(scores: Tensor) -> list[Reading]:
    """Each crop's likeliest text and how sure that is; ``scores`` as the network gives them.

    The confidence is the geometric mean of the likeliest class's probability over the columns.
    """
    best, classes = scores.softmax(1).max(1)
    sure = best.log().mean(1).exp()
    return [
        Reading(text_of(row), confidence)
        for row, confidence in zip(classes.tolist(), sure.tolist(), strict=True)
    ]
