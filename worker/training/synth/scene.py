"""One training tile: a scene with text, plates and much that is neither, and its boxes."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from worker.training.synth.assets import Assets
from worker.training.synth.background.cars import draw_car
from worker.training.synth.background.clutter import glare, strew
from worker.training.synth.background.negatives import textless
from worker.training.synth.background.textures import background
from worker.training.synth.degrade import degrade
from worker.training.synth.items.mix import ITEMS, LARGE_ITEMS, Item
from worker.training.synth.items.site import Site
from worker.training.synth.patch import PLATE, TEXT, Box, Picture
from worker.training.synth.placement import place, seen
from worker.training.synth.rng import Rng

SIDE_PIXELS = 576
# Low enough that no text left out here is large enough to find once a crop enlarges it.
SMALLEST_TEXT_PIXELS = 4.5
SMALLEST_PLATE_PIXELS = 7.0
NARROWEST_PIXELS = 6.0
LEAST_VISIBLE = 0.35
FAINTEST_DEVIATION = 4.0
TEXTLESS_SHARE = 0.18
# Of scenes without text.
TRAFFIC_SHARE = 0.5
LARGE_SHARE = 0.3
TRIES = 3
# A text's box is let out by this share of its letters' height, so that a crop keeps whole letters.
MARGINS = {TEXT: 0.08, PLATE: 0.02}


@dataclass(frozen=True)
class Tile:
    """``picture`` (side, side, 3) BGR with its ``boxes``, clipped to it."""

    picture: Picture
    boxes: tuple[Box, ...]


def make_tile(
    assets: Assets,
    seed: int,
    index: int,
    *,
    side: int = SIDE_PIXELS,
    items: Mapping[Item, float] | None = None,
) -> Tile:
    """The tile of that number: the same for the same assets, seed and index. ``side`` is even.

    With ``items`` it holds only these, and no text where there are none.
    """
    rng = Rng(seed, index)
    picture = background(rng, assets.pictures, side)
    site = Site(rng, assets, picture, np.zeros((side, side), np.uint8))
    puts = list(_usual(rng) if items is None else _only(rng, items))
    _furnish(site)
    if not puts and rng.bernoulli(TRAFFIC_SHARE):
        _drive(site)
    boxes: list[Box] = []
    for put in puts:
        boxes += _tried(site, put)
    picture = degrade(rng, site.picture)
    return Tile(picture, _labels(boxes, picture))


def _usual(rng: Rng) -> Iterator[Item]:
    count = _item_count(rng)
    if count and rng.bernoulli(LARGE_SHARE):
        # First, while there is room.
        yield rng.weighted(LARGE_ITEMS)
    for _ in range(count):
        yield rng.weighted(ITEMS)


def _only(rng: Rng, items: Mapping[Item, float]) -> Iterator[Item]:
    for _ in range(rng.integer(1, 3) if items else 0):
        yield rng.weighted(items)


def _item_count(rng: Rng) -> int:
    return 0 if rng.bernoulli(TEXTLESS_SHARE) else rng.pick((1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 10))


def _furnish(site: Site) -> None:
    rng = site.rng
    if rng.bernoulli(0.6):
        strew(rng, site.picture, rng.integer(1, 10))
    if rng.bernoulli(0.3):
        for _ in range(rng.integer(1, 2)):
            draw_car(rng, site.picture, site.point(0, 1), (rng.log_uniform(25, 110), 10))
    if rng.bernoulli(0.5):
        for _ in range(rng.integer(1, 6)):
            _put_textless(site)
    if rng.bernoulli(0.25):
        glare(rng, site.picture)


def _drive(site: Site) -> None:
    """A street of cars, far ones first: lamps, grilles and windows, and nothing to read."""
    rng = site.rng
    widths = sorted(rng.log_uniform(12, 130) for _ in range(rng.integer(3, 12)))
    for width in widths:
        draw_car(rng, site.picture, site.point(0, 1), (width, width * rng.uniform(0.15, 0.5)))
    for _ in range(rng.integer(0, 4)):
        _put_textless(site)


def _tried(site: Site, put: Item) -> tuple[Box, ...]:
    for _ in range(TRIES):
        boxes = put(site)
        if boxes is not None:
            return boxes
    return ()


def _put_textless(site: Site) -> None:
    rng = site.rng
    height = rng.log_uniform(9, 110) if rng.bernoulli(0.8) else rng.log_uniform(60, 280)
    patch = textless(rng, int(height * 1.4))
    pose = seen(rng, site.point(0, 1), height / patch.height, tilted=0.6)
    place(rng, site.picture, site.taken, patch, pose)


def _labels(boxes: list[Box], picture: Picture) -> tuple[Box, ...]:
    return tuple(
        _let_out(box, picture.shape[0])
        for box in boxes
        if _is_worth_finding(box) and _is_to_be_seen(box, picture)
    )


def _is_worth_finding(box: Box) -> bool:
    least = SMALLEST_TEXT_PIXELS if box.kind == TEXT else SMALLEST_PLATE_PIXELS
    return box.visible >= LEAST_VISIBLE and box.height >= least and box.width >= NARROWEST_PIXELS


def _is_to_be_seen(box: Box, picture: Picture) -> bool:
    """Whether darkness, noise and codec left anything of it: nobody can find the rest."""
    rows = slice(int(box.top), math.ceil(box.bottom))
    columns = slice(int(box.left), math.ceil(box.right))
    return float(picture[rows, columns, 1].std()) >= FAINTEST_DEVIATION


def _let_out(box: Box, side: int) -> Box:
    # Of a line that runs up or down the width is what its letters are high.
    margin = min(box.width, box.height) * MARGINS[box.kind]
    return Box(
        box.kind,
        max(0.0, box.left - margin),
        max(0.0, box.top - margin),
        min(float(side), box.right + margin),
        min(float(side), box.bottom + margin),
        box.visible,
    )
