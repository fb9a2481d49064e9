"""What stands in a scene to be found: plates, and text of every kind and size."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from worker.training.synth.arch import arched
from worker.training.synth.assets import Assets
from worker.training.synth.background.cars import draw_car
from worker.training.synth.patch import Box, Patch, Picture
from worker.training.synth.placement import Pose, lying, place, seen
from worker.training.synth.plates.painter import paint_plate
from worker.training.synth.rng import Rng
from worker.training.synth.text import vocabulary
from worker.training.synth.text.fonts import BOLD, SLANTED, Face
from worker.training.synth.text.lines import Block, lines


@dataclass(frozen=True)
class Site:
    """A scene under construction: what is drawn, and where things already are."""

    rng: Rng
    assets: Assets
    picture: Picture
    taken: Picture

    @property
    def side(self) -> int:
        """In pixels."""
        return int(self.picture.shape[0])

    def point(self, low: float = 0.03, high: float = 0.97) -> tuple[float, float]:
        """A place within these shares of the scene's side."""
        return self.rng.uniform(low, high) * self.side, self.rng.uniform(low, high) * self.side


def put_plate(site: Site) -> tuple[Box, ...] | None:
    """A plate, more often than not on a car."""
    rng = site.rng
    height = rng.log_uniform(9, 110) if rng.bernoulli(0.85) else rng.log_uniform(60, 220)
    drawn = int(max(30, height * (2.2 if height < 40 else 1.5)))
    painted = paint_plate(rng, site.assets, drawn)
    if painted is None:
        return None
    patch = painted.patch
    scale, centre = height / patch.height, site.point()
    if rng.bernoulli(0.6) and _is_free(site, centre, patch.width * scale):
        draw_car(rng, site.picture, centre, (patch.width * scale, height))
    pose = seen(rng, centre, scale, tilted=0.6)
    return place(rng, site.picture, site.taken, patch, pose)


def _put_caption(site: Site) -> tuple[Box, ...] | None:
    rng = site.rng
    block = Block(
        _cap_height(rng, 40), rng.pick((1, 1, 1, 2, 2, 3)), most_words=7, panel=rng.bernoulli(0.45)
    )
    low, high = (0.75, 0.97) if rng.bernoulli(0.6) else (0.03, 0.97)
    centre = (rng.uniform(0.2, 0.8) * site.side, rng.uniform(low, high) * site.side)
    return _put_lines(site, block, lambda scale: Pose(centre, scale))


def _put_stamp(site: Site) -> tuple[Box, ...] | None:
    rng = site.rng
    # On a panel of its own more often than not: that is what is taken for a plate.
    block = Block(rng.log_uniform(6, 20), panel=rng.bernoulli(0.65), stamp=True)
    across = rng.uniform(*rng.pick(((0.1, 0.35), (0.65, 0.9))))
    down = rng.uniform(*rng.pick(((0.02, 0.07), (0.93, 0.98))))
    return _put_lines(
        site, block, lambda scale: Pose((across * site.side, down * site.side), scale)
    )


def _put_sign(site: Site) -> tuple[Box, ...] | None:
    rng = site.rng
    count = rng.pick((1, 1, 2, 2, 3, 4))
    block = Block(_cap_height(rng, 60), count, most_words=3, panel=True)
    bend = rng.uniform(-0.25, 0.25) if count == 1 and rng.bernoulli(0.1) else 0.0
    return _put_lines(
        site, block, lambda scale: seen(rng, site.point(), scale, tilted=0.7, bend=bend)
    )


def _put_label(site: Site) -> tuple[Box, ...] | None:
    rng = site.rng
    count = rng.pick((1, 1, 1, 2))
    block = Block(_cap_height(rng, 70), count, most_words=3)
    bend = rng.uniform(-0.4, 0.4) if count == 1 and rng.bernoulli(0.2) else 0.0
    return _put_lines(
        site, block, lambda scale: seen(rng, site.point(), scale, tilted=0.6, bend=bend)
    )


def _put_page(site: Site) -> tuple[Box, ...] | None:
    rng = site.rng
    block = Block(rng.log_uniform(6, 18), rng.integer(4, 14), 2, 9, panel=True)
    return _put_lines(site, block, lambda scale: lying(rng, site.point(0.2, 0.8), scale))


def _put_screen(site: Site) -> tuple[Box, ...] | None:
    rng = site.rng
    block = Block(
        rng.log_uniform(6, 16), rng.integer(3, 10), most_words=4, panel=True, buttons=True
    )
    return _put_lines(site, block, lambda scale: lying(rng, site.point(0.2, 0.8), scale))


def _put_packet(site: Site) -> tuple[Box, ...] | None:
    """Print on a box or a bottle: sizes mixed, sagging with the surface."""
    rng = site.rng
    block = Block(_cap_height(rng, 30), rng.integer(2, 4), most_words=3, panel=rng.bernoulli(0.7))
    bend = rng.uniform(-0.08, 0.08) if rng.bernoulli(0.5) else 0.0
    return _put_lines(
        site, block, lambda scale: seen(rng, site.point(), scale, tilted=0.6, bend=bend)
    )


def put_word(site: Site) -> tuple[Box, ...] | None:
    """One or two bold words by themselves that may fill the picture: posters, walls, close-ups."""
    rng = site.rng
    face = _bold(rng, site.assets)
    panel, count = rng.bernoulli(0.4), rng.pick((1, 1, 1, 2))
    texts = tuple(
        vocabulary.short(rng) if rng.bernoulli(0.2) else _cased(rng, vocabulary.word(rng))
        for _ in range(count)
    )
    block = Block(rng.log_uniform(40, 260), count, panel=panel, texts=texts, face=face)
    return _put_lines(
        site,
        block,
        lambda scale: seen(rng, site.point(0.25, 0.75), scale, tilted=0.4),
        widest=site.side * rng.uniform(0.35, 1.15),
    )


def put_print(site: Site) -> tuple[Box, ...] | None:
    """A page full of small print, line close upon line."""
    rng = site.rng
    block = Block(
        rng.log_uniform(6, 12), rng.integer(10, 30), 2, 9, panel=True, leading=(0.25, 0.8)
    )
    return _put_lines(
        site,
        block,
        lambda scale: lying(rng, site.point(0.3, 0.7), scale),
        widest=site.side * rng.uniform(0.6, 1.4),
    )


def put_slanted(site: Site) -> tuple[Box, ...] | None:
    """Lines side by side at a slant: labels on a shelf, crates, spines of books."""
    rng = site.rng
    block = Block(
        rng.log_uniform(8, 42),
        rng.integer(2, 4),
        most_words=2,
        panel=rng.bernoulli(0.6),
        leading=(0.3, 1.6),
    )
    angle, tilt = rng.uniform(12, 26) * rng.pick((-1, 1)), rng.uniform(0, 0.15)
    return _put_lines(
        site, block, lambda scale: Pose(site.point(0.1, 0.9), scale, angle, tilt), widest=site.side
    )


def put_short(site: Site) -> tuple[Box, ...] | None:
    """One to three characters."""
    rng = site.rng
    block = Block(rng.log_uniform(8, 90), panel=rng.bernoulli(0.6), texts=(vocabulary.short(rng),))
    return _put_lines(site, block, lambda scale: seen(rng, site.point(), scale, tilted=0.5))


def put_arch(site: Site) -> tuple[Box, ...] | None:
    """A line, now and then two, along a part of a circle: badges, seals, shop fronts, bottles."""
    rng = site.rng
    block = Block(
        _cap_height(rng, 50), rng.pick((1, 1, 1, 2)), most_words=3, panel=rng.bernoulli(0.4)
    )
    degrees, over = rng.uniform(25, 170), rng.bernoulli(0.65)
    return _put_lines(
        site,
        block,
        lambda scale: seen(rng, site.point(), scale, tilted=0.4),
        widest=site.side,
        shaped=lambda patch: arched(patch, degrees, over=over),
    )


def put_sideways(site: Site) -> tuple[Box, ...] | None:
    """Lines that run up or down: spines of books, edges of packets, banners, columns' heads."""
    rng = site.rng
    block = Block(
        _cap_height(rng, 50), rng.pick((1, 1, 1, 2, 3)), most_words=3, panel=rng.bernoulli(0.6)
    )
    angle = rng.pick((-90, 90)) + (rng.uniform(-10, 10) if rng.bernoulli(0.3) else 0.0)
    tilt = rng.uniform(0.05, 0.3) if rng.bernoulli(0.4) else 0.0
    return _put_lines(
        site, block, lambda scale: Pose(site.point(), scale, angle, tilt), widest=site.side
    )


def put_column(site: Site) -> tuple[Box, ...] | None:
    """Short numbers one below the other: lines' numbers, prices, tables. No line that runs down."""
    rng = site.rng
    count, first = rng.integer(5, 30), rng.integer(1, 400)
    step = rng.pick((1, 1, 1, 1, 5, 10))
    in_order = rng.bernoulli(0.6)
    texts = tuple(
        str(first + step * row) if in_order else vocabulary.short(rng) for row in range(count)
    )
    block = Block(
        rng.log_uniform(6, 18), count, panel=rng.bernoulli(0.7), texts=texts, leading=(0.35, 1.4)
    )
    return _put_lines(site, block, lambda scale: lying(rng, site.point(0.1, 0.9), scale))


def put_readout(site: Site) -> tuple[Box, ...] | None:
    """A clock, a price or a quantity on a panel that might be a plate and is none."""
    rng = site.rng
    block = Block(rng.log_uniform(8, 60), panel=True, texts=(vocabulary.readout(rng),))
    return _put_lines(site, block, lambda scale: seen(rng, site.point(), scale, tilted=0.5))


Item = Callable[[Site], tuple[Box, ...] | None]
ITEMS: Mapping[Item, float] = MappingProxyType(
    {
        put_plate: 44.0,
        _put_caption: 13.0,
        _put_stamp: 12.0,
        _put_sign: 15.0,
        _put_label: 10.0,
        _put_page: 6.0,
        _put_screen: 4.0,
        _put_packet: 4.0,
        put_slanted: 7.0,
        put_short: 8.0,
        put_readout: 5.0,
        put_column: 8.0,
        put_arch: 12.0,
        put_sideways: 12.0,
    }
)
LARGE_ITEMS: Mapping[Item, float] = MappingProxyType(
    {put_word: 50.0, put_print: 30.0, put_slanted: 20.0}
)


def _put_lines(
    site: Site,
    block: Block,
    pose: Callable[[float], Pose],
    *,
    widest: float = math.inf,
    shaped: Callable[[Patch], Patch] = lambda patch: patch,
) -> tuple[Box, ...] | None:
    # Set larger than shown, so that scaling down smooths the letters as a lens would.
    oversize = 1.55
    large = replace(block, cap_height=block.cap_height * oversize)
    patch = lines(site.rng, site.assets, large)
    if patch is None:
        return None
    patch = shaped(patch)
    scale = min(1 / oversize, widest / patch.width)
    return place(site.rng, site.picture, site.taken, patch, pose(scale))


def _bold(rng: Rng, assets: Assets) -> Face:
    upright = [face for face in assets.faces if not SLANTED.search(face.path.name)]
    return rng.pick([face for face in upright if BOLD.search(face.path.name)] or upright)


def _cased(rng: Rng, text: str) -> str:
    return rng.pick((text.upper(), text.upper(), text.title(), text))


def _cap_height(rng: Rng, largest: float) -> float:
    """Log-uniform from 6 pixels up, a fifth of it at the small end."""
    return rng.log_uniform(6, 11) if rng.bernoulli(0.2) else rng.log_uniform(6.5, largest)


def _is_free(site: Site, centre: tuple[float, float], width: float) -> bool:
    """Whether a car round a plate of that width would cover nothing put there before."""
    x, y = centre
    top, bottom = int(max(0, y - 1.2 * width * 2)), int(y + 1.2 * width)
    left, right = int(max(0, x - 2.8 * width)), int(x + 2.8 * width)
    return not site.taken[top:bottom, left:right].any()
