"""A scene under construction, and lines put into it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from worker.training.synth.assets import Assets
from worker.training.synth.patch import Box, Patch, Picture
from worker.training.synth.placement import Pose, lying, place
from worker.training.synth.rng import Rng
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


def put_lines(
    site: Site,
    block: Block,
    pose: Callable[[float], Pose],
    *,
    widest: float = math.inf,
    shaped: Callable[[Patch], Patch] = lambda patch: patch,
) -> tuple[Box, ...] | None:
    """The boxes of a block's lines in the scene; ``None`` where it finds no place.

    pose: for a scale. widest: in pixels. shaped: what becomes of the patch before.
    """
    # Set larger than shown, so that scaling down smooths the letters as a lens would.
    oversize = 1.55
    large = replace(block, cap_height=block.cap_height * oversize)
    patch = lines(site.rng, site.assets, large)
    if patch is None:
        return None
    patch = shaped(patch)
    scale = min(1 / oversize, widest / patch.width)
    return place(site.rng, site.picture, site.taken, patch, pose(scale))


def put_level(
    site: Site, block: Block, within: tuple[float, float], *, widest: float = math.inf
) -> tuple[Box, ...] | None:
    """The same for what lies level or nearly so, its middle within these shares of the side."""
    return put_lines(
        site,
        block,
        lambda scale: lying(site.rng, site.point(*within), scale),
        widest=widest,
    )


def cap_height(rng: Rng, largest: float) -> float:
    """Log-uniform from 6 pixels up, a fifth of it at the small end."""
    return rng.log_uniform(6, 11) if rng.bernoulli(0.2) else rng.log_uniform(6.5, largest)
