"""Crops of lines in files, and the window of the newest ones that batches are drawn from."""

import functools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from worker.pipeline.frame import Grey
from worker.training.line_reader.crops import WIDEST_PIXELS, Crop, make_crops
from worker.training.line_reader.words import load_words
from worker.training.loop.pause import running
from worker.training.synth.assets import load_assets
from worker.training.synth.rng import Rng

SHARD_SCENES = 1000
# How many crops a shard has, about.
SHARD_CROPS = 1850
# Widths that crops are filled up to, so that a batch is of one width.
WIDTHS = (64, 96, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, WIDEST_PIXELS)
# The width at which a batch has as many crops as was asked for; narrower ones have more.
NOMINAL_WIDTH = 256
FEWEST_CROPS, MOST_CROPS = 8, 192

_assets = functools.cache(load_assets)
_words = functools.cache(load_words)


@dataclass(frozen=True)
class Batch:
    """Crops of about ``width`` pixels, and what they say."""

    crops: tuple[Crop, ...]
    width: int


def make_shard(folder: Path, seed: int, number: int) -> Path:
    """The file of that shard, made where it is not in ``folder`` yet."""
    file = folder / f"lines-{seed}-{number:05d}.npz"
    if file.exists():
        return file
    crops: list[Crop] = []
    for scene in range(number * SHARD_SCENES, (number + 1) * SHARD_SCENES):
        with running():
            crops += make_crops(_assets(), _words(), seed, scene)
    folder.mkdir(parents=True, exist_ok=True)
    write_shard(file, crops)
    return file


def write_shard(file: Path, crops: Sequence[Crop]) -> None:
    """Writes crops to be read by ``read_shard``, replacing ``file`` in one step."""
    part = file.with_suffix(".part")
    with part.open("wb") as out:
        np.savez(
            out,
            greys=np.hstack([crop.grey for crop in crops]),
            widths=[crop.grey.shape[1] for crop in crops],
            texts=[crop.text for crop in crops],
            kinds=[crop.kind for crop in crops],
        )
    part.replace(file)


def read_shard(file: Path) -> tuple[Crop, ...]:
    """The crops of a file that ``write_shard`` wrote."""
    with np.load(file) as kept:
        ends = np.cumsum(kept["widths"])
        greys: list[Grey] = np.split(kept["greys"], ends[:-1], axis=1)
        rows = zip(greys, kept["texts"].tolist(), kept["kinds"].tolist(), strict=True)
        return tuple(Crop(*row) for row in rows)


class Window:
    """The ``shards`` newest shards; which ones those are follows from the step's number alone."""

    def __init__(self, fetch: Callable[[int], tuple[Crop, ...]], shards: int) -> None:
        self._fetch = fetch
        self._parts: deque[tuple[Crop, ...]] = deque(maxlen=shards)
        self._shards, self._end = shards, 0
        self._crops: list[Crop] = []
        self._rows: dict[int, NDArray[np.intp]] = {}

    def move(self, end: int) -> None:
        """Takes in the shards before number ``end`` that it does not hold, drops the oldest."""
        if end <= self._end:
            return
        for number in range(max(self._end, end - self._shards), end):
            self._parts.append(self._fetch(number))
        self._end = end
        self._crops = [crop for part in self._parts for crop in part]
        widths = np.array([crop.grey.shape[1] for crop in self._crops])
        places = np.searchsorted(WIDTHS, widths)
        self._rows = {
            width: np.flatnonzero(places == place)
            for place, width in enumerate(WIDTHS)
            if (places == place).any()
        }

    def batch(self, rng: Rng, nominal: int) -> Batch:
        """Crops of one width, drawn so that every crop is as probable as any other."""
        sizes = {width: _size(width, nominal) for width in self._rows}
        width = rng.weighted({one: len(rows) / sizes[one] for one, rows in self._rows.items()})
        rows = self._rows[width]
        chosen = rows[rng.array.integers(0, len(rows), sizes[width])]
        return Batch(tuple(self._crops[row] for row in chosen), width)


def _size(width: int, nominal: int) -> int:
    return max(FEWEST_CROPS, min(MOST_CROPS, round(nominal * NOMINAL_WIDTH / width)))
