"""Fresh tiles while the training runs: makers fill a ring on disk, the training reads it.

Which tile a training sample comes from depends on the seed and the sample's number alone,
never on how fast the makers are, so a run can be repeated and resumed.
"""

import multiprocessing
import os
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.training.loop.pause import running
from worker.training.synth.assets import load_assets
from worker.training.synth.patch import Picture
from worker.training.synth.rng import Rng
from worker.training.synth.scene import SIDE_PIXELS, Tile, make_tile

MOST_BOXES = 96
POLL_SECONDS = 0.02

Number = TypeVar("Number", np.uint8, np.float32, np.int64)


@dataclass(frozen=True)
class Supply:
    """How tiles are used up: each is drawn ``reuse`` times on average, then replaced."""

    seed: int
    capacity: int = 3000
    reuse: int = 4
    first: int = 400
    lead: int = 200

    def newest(self, sample: int) -> int:
        """One past the last tile that sample may come from."""
        return self.first + sample // self.reuse

    def oldest(self, sample: int) -> int:
        """The first tile that sample may come from: older ones may be gone from the ring."""
        return max(0, self.newest(sample) + self.lead - self.capacity)

    def tile_of(self, sample: int) -> int:
        """The tile that sample comes from."""
        return Rng(self.seed, 1, sample).integer(self.oldest(sample), self.newest(sample) - 1)


class Ring:
    """The newest ``capacity`` tiles in files under ``folder``; slot is number modulo capacity."""

    def __init__(self, folder: Path, supply: Supply) -> None:
        size = supply.capacity
        name = f"{supply.seed}-{size}"
        folder.mkdir(parents=True, exist_ok=True)
        self._size = size
        self._pictures: NDArray[np.uint8] = _opened(
            folder / f"{name}-pictures.dat", np.uint8, (size, SIDE_PIXELS, SIDE_PIXELS, 3)
        )
        self._boxes: NDArray[np.float32] = _opened(
            folder / f"{name}-boxes.dat", np.float32, (size, MOST_BOXES, 5)
        )
        self._counts: NDArray[np.int64] = _opened(
            folder / f"{name}-counts.dat", np.int64, (size, 2)
        )

    def holds(self, index: int) -> bool:
        """Whether that tile is in the ring now."""
        # Numbers are stored one up: a new file is all zeros.
        return bool(self._counts[index % self._size, 0] == index + 1)

    def put(self, index: int, tile: Tile) -> None:
        """Stores a tile in place of the one ``capacity`` before it."""
        slot = index % self._size
        rows = boxes_array(tile)[:MOST_BOXES]
        self._counts[slot] = 0
        self._pictures[slot] = tile.picture
        self._boxes[slot, : len(rows)] = rows
        self._counts[slot] = (index + 1, len(rows))

    def get(self, index: int) -> tuple[Picture, NDArray[np.float32]]:
        """The picture and its boxes, rows of kind, left, top, right, bottom."""
        slot = index % self._size
        return self._pictures[slot], self._boxes[slot, : self._counts[slot, 1]]


class TileMakers:
    """Processes that keep the ring filled ahead of the training."""

    def __init__(self, folder: Path, supply: Supply, *, processes: int, sample: int) -> None:
        self._supply = supply
        self._ring = Ring(folder, supply)
        context = multiprocessing.get_context("spawn")
        start = supply.oldest(sample)
        self._wanted: Synchronized[int] = context.Value("q", supply.newest(sample))
        self._made: list[Synchronized[int]] = [context.Value("q", start) for _ in range(processes)]
        self._processes: list[BaseProcess] = [
            context.Process(
                target=_make_forever,
                args=(folder, supply, start + turn, processes, self._wanted, made),
                daemon=True,
            )
            for turn, made in enumerate(self._made)
        ]
        for process in self._processes:
            process.start()

    def fetch(self, sample: int) -> tuple[Picture, NDArray[np.float32]]:
        """The tile for that sample; samples are asked for in rising order.

        Raises ``RuntimeError`` when a maker has died.
        """
        newest = self._supply.newest(sample)
        self._wanted.value = newest + self._supply.lead
        while min(made.value for made in self._made) < newest:
            if not all(process.is_alive() for process in self._processes):
                raise RuntimeError("a process that makes tiles has ended; see its error above")
            time.sleep(POLL_SECONDS)
        return self._ring.get(self._supply.tile_of(sample))

    def close(self) -> None:
        """Ends the processes."""
        for process in self._processes:
            process.terminate()
            process.join()


def boxes_array(tile: Tile) -> NDArray[np.float32]:
    """(n, 5): kind, left, top, right, bottom in pixels."""
    rows = [(box.kind, box.left, box.top, box.right, box.bottom) for box in tile.boxes]
    return np.array(rows, np.float32).reshape(-1, 5)


def _make_forever(
    folder: Path,
    supply: Supply,
    index: int,
    stride: int,
    wanted: "Synchronized[int]",
    made: "Synchronized[int]",
) -> None:
    cv2.setNumThreads(1)
    parent = os.getppid()
    ring, assets = Ring(folder, supply), load_assets()
    while os.getppid() == parent:
        if index >= wanted.value:
            time.sleep(POLL_SECONDS)
            continue
        if not ring.holds(index):
            with running():
                ring.put(index, make_tile(assets, supply.seed, index))
        index += stride
        made.value = index


def _opened(file: Path, kind: type[Number], shape: tuple[int, ...]) -> NDArray[Number]:
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    mode: Literal["r+", "w+"] = "w+"
    if file.exists() and file.stat().st_size == size:
        mode = "r+"
    return np.asarray(np.memmap(file, kind, mode=mode, shape=shape))
