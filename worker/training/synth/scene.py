"""One training tile: a scene with text, plates and much that is neither, and its boxes."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from worker.training.synth.assets import Assets
from worker.training.synth.background.cars import draw_car
from worker.training.synth.background.clutter import glare, strew
from worker.training.synth.background.negatives import textless
from worker.training.synth.background.textures import background
from worker.training.synth.degrade import degrade
from worker.training.synth.patch import PLATE, TEXT, Box, Picture
from worker.training.synth.placement import Pose, place
from worker.training.synth.plates.painter import paint_plate
from worker.training.synth.rng import Rng
from worker.training.synth.text.lines import Block, lines

SIDE_PIXELS = 576
# Low enough that no text left out here is large enough to find once a crop enlarges it.
SMALLEST_TEXT_PIXELS = 4.5
SMALLEST_PLATE_PIXELS = 7.0
NARROWEST_PIXELS = 6.0
LEAST_VISIBLE = 0.35
FAINTEST_DEVIATION = 4.0
TEXTLESS_SHARE = 0.15
TRIES = 3
# A text's box is let out by this share of its height, so that a crop keeps whole letters.
MARGINS = {TEXT: 0.08, PLATE: 0.02}


@dataclass(frozen=True)
class Tile:
    """``picture`` (side, side, 3) BGR with its ``boxes``, clipped to it."""

    picture: Picture
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class _Site:
    """A scene under construction: what is drawn, and where things already are."""

    rng: Rng
    assets: Assets
    picture: Picture
    taken: Picture

    def point(self, low: float = 0.03, high: float = 0.97) -> tuple[float, float]:
        side = self.picture.shape[0]
        return self.rng.uniform(low, high) * side, self.rng.uniform(low, high) * side


def make_tile(assets: Assets, seed: int, index: int, *, side: int = SIDE_PIXELS) -> Tile:
    """The tile of that number: the same for the same assets, seed and index. ``side`` is even."""
    rng = Rng(seed, index)
    picture = background(rng, assets.pictures, side)
    site = _Site(rng, assets, picture, np.zeros((side, side), np.uint8))
    _furnish(site)
    boxes: list[Box] = []
    for _ in range(_item_count(rng)):
        boxes += _put_any(site)
    picture = degrade(rng, site.picture)
    return Tile(picture, _labels(boxes, picture))


def _item_count(rng: Rng) -> int:
    return 0 if rng.bernoulli(TEXTLESS_SHARE) else rng.pick((1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 10))


def _furnish(site: _Site) -> None:
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


def _put_any(site: _Site) -> tuple[Box, ...]:
    put = site.rng.weighted(ITEMS)
    for _ in range(TRIES):
        boxes = put(site)
        if boxes is not None:
            return boxes
    return ()


def _put_textless(site: _Site) -> None:
    rng = site.rng
    height = rng.log_uniform(9, 110)
    patch = textless(rng, int(height * 1.4))
    pose = _seen(rng, site.point(0, 1), height / patch.height, tilted=0.6)
    place(rng, site.picture, site.taken, patch, pose)


def _put_plate(site: _Site) -> tuple[Box, ...] | None:
    rng = site.rng
    height = rng.log_uniform(11, 110) if rng.bernoulli(0.85) else rng.log_uniform(60, 190)
    drawn = int(max(30, height * (2.2 if height < 40 else 1.5)))
    painted = paint_plate(rng, site.assets, drawn)
    if painted is None:
        return None
    patch = painted.patch
    scale, centre = height / patch.height, site.point()
    if rng.bernoulli(0.6) and _is_free(site, centre, patch.width * scale):
        draw_car(rng, site.picture, centre, (patch.width * scale, height))
    pose = _seen(rng, centre, scale, tilted=0.6)
    return place(rng, site.picture, site.taken, patch, pose)


def _put_caption(site: _Site) -> tuple[Box, ...] | None:
    rng = site.rng
    side = site.picture.shape[0]
    block = Block(
        _cap_height(rng, 40), rng.pick((1, 1, 1, 2, 2, 3)), most_words=7, panel=rng.bernoulli(0.45)
    )
    low, high = (0.75, 0.97) if rng.bernoulli(0.6) else (0.03, 0.97)
    centre = (rng.uniform(0.2, 0.8) * side, rng.uniform(low, high) * side)
    return _put_lines(site, block, lambda scale: Pose(centre, scale))


def _put_stamp(site: _Site) -> tuple[Box, ...] | None:
    rng = site.rng
    side = site.picture.shape[0]
    # On a panel of its own more often than not: that is what is taken for a plate.
    block = Block(rng.log_uniform(6, 20), panel=rng.bernoulli(0.65), stamp=True)
    across = rng.uniform(*rng.pick(((0.1, 0.35), (0.65, 0.9))))
    down = rng.uniform(*rng.pick(((0.02, 0.07), (0.93, 0.98))))
    return _put_lines(site, block, lambda scale: Pose((across * side, down * side), scale))


def _put_sign(site: _Site) -> tuple[Box, ...] | None:
    rng = site.rng
    count = rng.pick((1, 1, 2, 2, 3, 4))
    block = Block(_cap_height(rng, 60), count, most_words=3, panel=True)
    bend = rng.uniform(-0.25, 0.25) if count == 1 and rng.bernoulli(0.1) else 0.0
    return _put_lines(
        site, block, lambda scale: _seen(rng, site.point(), scale, tilted=0.7, bend=bend)
    )


def _put_label(site: _Site) -> tuple[Box, ...] | None:
    rng = site.rng
    count = rng.pick((1, 1, 1, 2))
    block = Block(_cap_height(rng, 70), count, most_words=3)
    bend = rng.uniform(-0.3, 0.3) if count == 1 and rng.bernoulli(0.15) else 0.0
    return _put_lines(
        site, block, lambda scale: _seen(rng, site.point(), scale, tilted=0.6, bend=bend)
    )


def _put_page(site: _Site) -> tuple[Box, ...] | None:
    rng = site.rng
    block = Block(rng.log_uniform(6, 18), rng.integer(4, 14), 2, 9, panel=True)
    return _put_lines(site, block, lambda scale: _lying(rng, site.point(0.2, 0.8), scale))


def _put_screen(site: _Site) -> tuple[Box, ...] | None:
    rng = site.rng
    block = Block(
        rng.log_uniform(6, 16), rng.integer(3, 10), most_words=4, panel=True, buttons=True
    )
    return _put_lines(site, block, lambda scale: _lying(rng, site.point(0.2, 0.8), scale))


def _put_packet(site: _Site) -> tuple[Box, ...] | None:
    """Print on a box or a bottle: sizes mixed, sagging with the surface."""
    rng = site.rng
    block = Block(_cap_height(rng, 30), rng.integer(2, 4), most_words=3, panel=rng.bernoulli(0.7))
    bend = rng.uniform(-0.08, 0.08) if rng.bernoulli(0.5) else 0.0
    return _put_lines(
        site, block, lambda scale: _seen(rng, site.point(), scale, tilted=0.6, bend=bend)
    )


Item = Callable[[_Site], tuple[Box, ...] | None]
ITEMS: dict[Item, float] = {
    _put_plate: 34.0,
    _put_caption: 15.0,
    _put_stamp: 16.0,
    _put_sign: 17.0,
    _put_label: 11.0,
    _put_page: 6.0,
    _put_screen: 4.0,
    _put_packet: 4.0,
}


def _put_lines(site: _Site, block: Block, pose: Callable[[float], Pose]) -> tuple[Box, ...] | None:
    # Set larger than shown, so that scaling down smooths the letters as a lens would.
    oversize = 1.55
    large = replace(block, cap_height=block.cap_height * oversize)
    patch = lines(site.rng, site.assets, large)
    if patch is None:
        return None
    return place(site.rng, site.picture, site.taken, patch, pose(1 / oversize))


def _cap_height(rng: Rng, largest: float) -> float:
    """Log-uniform from 6 pixels up, a fifth of it at the small end."""
    return rng.log_uniform(6, 11) if rng.bernoulli(0.2) else rng.log_uniform(6.5, largest)


def _seen(
    rng: Rng, centre: tuple[float, float], scale: float, *, tilted: float, bend: float = 0.0
) -> Pose:
    angle = rng.uniform(-15, 15) if rng.bernoulli(0.4) else rng.uniform(-4, 4)
    tilt = rng.uniform(0.05, 0.38) if rng.bernoulli(tilted) else 0.0
    return Pose(centre, scale, angle, tilt, bend)


def _lying(rng: Rng, centre: tuple[float, float], scale: float) -> Pose:
    angle = rng.uniform(-10, 10) if rng.bernoulli(0.4) else 0.0
    return Pose(centre, scale, angle, rng.uniform(0.05, 0.3) if rng.bernoulli(0.4) else 0.0)


def _is_free(site: _Site, centre: tuple[float, float], width: float) -> bool:
    """Whether a car round a plate of that width would cover nothing put there before."""
    x, y = centre
    top, bottom = int(max(0, y - 1.2 * width * 2)), int(y + 1.2 * width)
    left, right = int(max(0, x - 2.8 * width)), int(x + 2.8 * width)
    return not site.taken[top:bottom, left:right].any()


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
    margin = box.height * MARGINS[box.kind]
    return Box(
        box.kind,
        max(0.0, box.left - margin),
        max(0.0, box.top - margin),
        min(float(side), box.right + margin),
        min(float(side), box.bottom + margin),
        box.visible,
    )
