"""Crops of plates as a detector would cut them, each with what it says."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from worker.pipeline.frame import Box, Grey, Picture
from worker.pipeline.ocr.plates.crops import plate_crop, stacked_crop
from worker.training.loop.pause import running
from worker.training.loop.shards import Shards
from worker.training.synth import patch
from worker.training.synth.assets import Assets, load_assets
from worker.training.synth.background.cars import draw_car
from worker.training.synth.background.textures import quick_background
from worker.training.synth.degrade import degrade
from worker.training.synth.placement import Pose, place
from worker.training.synth.plates.painter import ONE_LINE, STACKED, Layout, paint_plate
from worker.training.synth.rng import Rng

SHARD_CROPS, AHEAD_SHARDS = 2000, 2
PLATE_PIXELS, SMALL_PLATE_PIXELS = (18.0, 95.0), (11.0, 20.0)
SMALL_SHARE = 0.15
FAINTEST_DEVIATION = 7.0
# Plates in two rows, as `stacked_crop` cuts them.
STACKED_SHARE = 0.12
# So many times as high as one in one row, whose characters are as large.
STACKED_HEIGHT = 1.6
# What says nothing: plates cut as if they had one row more or less, grounds.
UNREADABLE_SHARE = 0.06
NUMBER_ALONE_SHARE = 0.12


@dataclass(frozen=True)
class Crop:
    """``grey`` as the reader takes it, and its number, empty where there is none."""

    grey: Grey
    number: str


@dataclass(frozen=True)
class Sight:
    """A plate in a small scene, the box that a detector might give it, and its number."""

    picture: Picture
    box: Box
    number: str


@dataclass(frozen=True)
class Crops:
    """``greys`` (n, height, width) uint8 and as many numbers."""

    greys: NDArray[np.uint8]
    numbers: tuple[str, ...]


def make_crop(assets: Assets, seed: int, index: int) -> Crop:
    """The crop of that number: the same for the same assets, seed and index."""
    rng = Rng(seed, 2, index)
    while True:
        readable = not rng.bernoulli(UNREADABLE_SHARE)
        crop = _numbered(rng, assets) if readable else _unreadable(rng, assets)
        if crop is not None:
            return crop


def make_sight(
    assets: Assets, seed: int, index: int, layouts: Mapping[Layout, float] = ONE_LINE
) -> Sight:
    """A plate as a detector finds it, the same for the same assets, seed and index."""
    rng = Rng(seed, 4, index)
    while (sight := _sight(rng, assets, layouts)) is None:
        pass
    return sight


def plate_height(rng: Rng) -> float:
    """In pixels, small ones by themselves, since they are what is misread."""
    return rng.log_uniform(*(SMALL_PLATE_PIXELS if rng.bernoulli(SMALL_SHARE) else PLATE_PIXELS))


def drawn_height(height: float) -> int:
    """How high to paint a plate, in pixels, that is then seen ``height`` pixels high."""
    return int(max(44, height * 1.5))


def seen_plate(
    rng: Rng, assets: Assets, shown: patch.Patch, height: float
) -> tuple[Picture, tuple[patch.Box, ...]] | None:
    """The plate ``height`` pixels high in a small scene, as a camera has it, and its boxes."""
    scale = height / shown.height
    side = 2 * (int(shown.width * scale * 0.75) + 10)
    rows = 2 * min(side // 2, int(height * 1.3 + side * 0.12) + 8)
    scene = quick_background(rng, assets.pictures, rows, side)
    middle = (side / 2, rows / 2)
    if rng.bernoulli(0.3):
        draw_car(rng, scene, middle, (shown.width * scale, height))
    angle = rng.uniform(-10, 10) if rng.bernoulli(0.4) else rng.uniform(-3, 3)
    tilt = rng.uniform(0.05, 0.35) if rng.bernoulli(0.6) else 0.0
    taken = np.zeros(scene.shape[:2], np.uint8)
    boxes = place(rng, scene, taken, shown, Pose(middle, scale, angle, tilt))
    return (degrade(rng, scene), boxes) if boxes else None


def as_found(rng: Rng, box: patch.Box) -> Box:
    """The box as a detector has it: seldom exact, more often too large than too small."""
    height = box.height
    loose = rng.uniform(0, 0.12) if rng.bernoulli(0.5) else 0.0
    off = [height * (loose + rng.uniform(-0.05, 0.08)) for _ in range(4)]
    return (box.left - off[0], box.top - off[1], box.right + off[2], box.bottom + off[3])


def load_crops(folder: Path, seed: int, count: int, *, processes: int) -> Iterator[Crops]:
    """Shards of SHARD_CROPS crops, in order; those not in ``folder`` yet are made first."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = Shards(
        functools.partial(_make_shard, folder, seed), processes=processes, ahead=AHEAD_SHARDS
    )
    last = -(-count // SHARD_CROPS) - 1
    try:
        for number in range(last + 1):
            yield _read_shard(shards.fetch(number, last=last))
    finally:
        shards.close()


_assets = functools.cache(load_assets)


def _make_shard(folder: Path, seed: int, number: int) -> Path:
    file = folder / f"crops-{seed}-{number:04d}.npz"
    if file.exists():
        return file
    crops = []
    for at in range(number * SHARD_CROPS, (number + 1) * SHARD_CROPS):
        with running():
            crops.append(make_crop(_assets(), seed, at))
    part = file.with_suffix(".part")
    with part.open("wb") as out:
        np.savez(out, greys=[c.grey for c in crops], numbers=[c.number for c in crops])
    part.replace(file)
    return file


def _read_shard(file: Path) -> Crops:
    with np.load(file) as kept:
        return Crops(kept["greys"], tuple(str(text) for text in kept["numbers"]))


def _numbered(rng: Rng, assets: Assets) -> Crop | None:
    is_stacked = rng.bernoulli(STACKED_SHARE)
    layouts, cut = (STACKED, stacked_crop) if is_stacked else (ONE_LINE, plate_crop)
    sight = _sight(rng, assets, layouts)
    grey = None if sight is None else cut(sight.picture, sight.box)
    # Nobody can read what darkness and the codec left nothing of.
    if sight is None or grey is None or grey.std() < FAINTEST_DEVIATION:
        return None
    return Crop(grey, sight.number)


def _sight(rng: Rng, assets: Assets, layouts: Mapping[Layout, float]) -> Sight | None:
    height = plate_height(rng) * (STACKED_HEIGHT if layouts is STACKED else 1.0)
    drawn = paint_plate(rng, assets, drawn_height(height), layouts)
    if drawn is None:
        return None
    seen = seen_plate(rng, assets, drawn.patch, height)
    if seen is None:
        return None
    picture, boxes = seen
    is_one_line = len(drawn.lines) == 1
    wanted = patch.TEXT if is_one_line and rng.bernoulli(NUMBER_ALONE_SHARE) else patch.PLATE
    box = next((box for box in boxes if box.kind == wanted), None)
    if box is None or box.visible < 0.98:
        return None
    return Sight(picture, as_found(rng, box), drawn.number)


def _unreadable(rng: Rng, assets: Assets) -> Crop | None:
    if rng.bernoulli(0.3):
        side = 4 * int(plate_height(rng))
        ground = quick_background(rng, assets.pictures, side // 2, side)
        grey = plate_crop(degrade(rng, ground), (0, 0, side, side / 2))
    else:
        layouts, cut = rng.pick(((STACKED, plate_crop), (ONE_LINE, stacked_crop)))
        sight = _sight(rng, assets, layouts)
        grey = None if sight is None else cut(sight.picture, sight.box)
    return None if grey is None else Crop(grey, "")
