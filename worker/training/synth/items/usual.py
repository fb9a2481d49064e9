"""Plates, and text where it usually stands: captions, signs, labels, pages, screens."""

from worker.training.synth.background.cars import draw_car
from worker.training.synth.items.site import Site, cap_height, put_level, put_lines
from worker.training.synth.patch import Box
from worker.training.synth.placement import Pose, place, seen
from worker.training.synth.plates.painter import paint_plate
from worker.training.synth.text.lines import Block


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


def put_caption(site: Site) -> tuple[Box, ...] | None:
    """Lines over the picture, more often than not near an edge."""
    rng = site.rng
    block = Block(
        cap_height(rng, 40), rng.pick((1, 1, 1, 2, 2, 3)), most_words=7, panel=rng.bernoulli(0.45)
    )
    low, high = (0.75, 0.97) if rng.bernoulli(0.6) else (0.03, 0.97)
    centre = (rng.uniform(0.2, 0.8) * site.side, rng.uniform(low, high) * site.side)
    return put_lines(site, block, lambda scale: Pose(centre, scale))


def put_stamp(site: Site) -> tuple[Box, ...] | None:
    """A time or a name in a corner, as cameras and stations put it."""
    rng = site.rng
    # On a panel of its own more often than not: that is what is taken for a plate.
    block = Block(rng.log_uniform(6, 20), panel=rng.bernoulli(0.65), stamp=True)
    across = rng.uniform(*rng.pick(((0.1, 0.35), (0.65, 0.9))))
    down = rng.uniform(*rng.pick(((0.02, 0.07), (0.93, 0.98))))
    return put_lines(site, block, lambda scale: Pose((across * site.side, down * site.side), scale))


def put_sign(site: Site) -> tuple[Box, ...] | None:
    """Lines on a panel of their own."""
    rng = site.rng
    count = rng.pick((1, 1, 2, 2, 3, 4))
    block = Block(cap_height(rng, 60), count, most_words=3, panel=True)
    bend = rng.uniform(-0.25, 0.25) if count == 1 and rng.bernoulli(0.1) else 0.0
    return put_lines(
        site, block, lambda scale: seen(rng, site.point(), scale, tilted=0.7, bend=bend)
    )


def put_label(site: Site) -> tuple[Box, ...] | None:
    """Lines on whatever is there."""
    rng = site.rng
    count = rng.pick((1, 1, 1, 2))
    block = Block(cap_height(rng, 70), count, most_words=3)
    bend = rng.uniform(-0.4, 0.4) if count == 1 and rng.bernoulli(0.2) else 0.0
    return put_lines(
        site, block, lambda scale: seen(rng, site.point(), scale, tilted=0.6, bend=bend)
    )


def put_page(site: Site) -> tuple[Box, ...] | None:
    """A page of a letter or a book."""
    rng = site.rng
    block = Block(rng.log_uniform(6, 18), rng.integer(4, 14), 2, 9, panel=True)
    return put_level(site, block, (0.2, 0.8))


def put_screen(site: Site) -> tuple[Box, ...] | None:
    """A window of a program, with buttons."""
    rng = site.rng
    block = Block(
        rng.log_uniform(6, 16), rng.integer(3, 10), most_words=4, panel=True, buttons=True
    )
    return put_level(site, block, (0.2, 0.8))


def put_packet(site: Site) -> tuple[Box, ...] | None:
    """Print on a box or a bottle: sizes mixed, sagging with the surface."""
    rng = site.rng
    block = Block(cap_height(rng, 30), rng.integer(2, 4), most_words=3, panel=rng.bernoulli(0.7))
    bend = rng.uniform(-0.08, 0.08) if rng.bernoulli(0.5) else 0.0
    return put_lines(
        site, block, lambda scale: seen(rng, site.point(), scale, tilted=0.6, bend=bend)
    )


def _is_free(site: Site, centre: tuple[float, float], width: float) -> bool:
    """Whether a car round a plate of that width would cover nothing put there before."""
    x, y = centre
    top, bottom = int(max(0, y - 1.2 * width * 2)), int(y + 1.2 * width)
    left, right = int(max(0, x - 2.8 * width)), int(x + 2.8 * width)
    return not site.taken[top:bottom, left:right].any()
