"""Text that detectors miss most: large words, small print, slants, arcs, columns, tables."""

from worker.training.synth.assets import Assets
from worker.training.synth.items.arch import arched
from worker.training.synth.items.site import Site, cap_height, put_level, put_lines
from worker.training.synth.patch import Box
from worker.training.synth.placement import Pose, seen
from worker.training.synth.rng import Rng
from worker.training.synth.text import vocabulary
from worker.training.synth.text.fonts import BOLD, SLANTED, Face
from worker.training.synth.text.lines import Block


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
    return put_lines(
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
    return put_level(site, block, (0.3, 0.7), widest=site.side * rng.uniform(0.6, 1.4))


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
    return put_lines(
        site, block, lambda scale: Pose(site.point(0.1, 0.9), scale, angle, tilt), widest=site.side
    )


def put_short(site: Site) -> tuple[Box, ...] | None:
    """One to three characters."""
    rng = site.rng
    block = Block(rng.log_uniform(8, 90), panel=rng.bernoulli(0.6), texts=(vocabulary.short(rng),))
    return put_lines(site, block, lambda scale: seen(rng, site.point(), scale, tilted=0.5))


def put_arch(site: Site) -> tuple[Box, ...] | None:
    """A line, now and then two, along a part of a circle: badges, seals, shop fronts, bottles."""
    rng = site.rng
    block = Block(
        cap_height(rng, 50), rng.pick((1, 1, 1, 2)), most_words=3, panel=rng.bernoulli(0.4)
    )
    degrees, over = rng.uniform(25, 170), rng.bernoulli(0.65)
    return put_lines(
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
        cap_height(rng, 50), rng.pick((1, 1, 1, 2, 3)), most_words=3, panel=rng.bernoulli(0.6)
    )
    angle = rng.pick((-90, 90)) + (rng.uniform(-10, 10) if rng.bernoulli(0.3) else 0.0)
    tilt = rng.uniform(0.05, 0.3) if rng.bernoulli(0.4) else 0.0
    return put_lines(
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
    return put_level(site, block, (0.1, 0.9))


def put_table(site: Site) -> tuple[Box, ...] | None:
    """Rows of cells that belong side by side: listings with numbered lines, menus, receipts."""
    rng = site.rng
    rows, columns = rng.integer(3, 18), rng.pick((2, 2, 2, 3, 4))
    first, is_numbered = rng.integer(1, 300), rng.bernoulli(0.45)
    longest = rng.integer(1, 7) if columns == 2 else rng.integer(1, 3)
    wordy = [rng.bernoulli(0.5) for _ in range(columns)]
    wordy[:2] = [not is_numbered, is_numbered or wordy[1]]

    def cell(row: int, column: int) -> str:
        if is_numbered and column == 0:
            return str(first + row)
        if wordy[column]:
            return vocabulary.line(rng, 1, longest, cyrillic=False, greek=False)
        return rng.pick((vocabulary.short, vocabulary.readout))(rng)

    texts = tuple(cell(row, column) for row in range(rows) for column in range(columns))
    block = Block(
        rng.log_uniform(6, 16),
        len(texts),
        columns=columns,
        panel=rng.bernoulli(0.85),
        buttons=rng.bernoulli(0.15),
        texts=texts,
        face=rng.pick(rng.pick(site.assets.families)),
    )
    return put_level(site, block, (0.2, 0.8), widest=site.side * rng.uniform(0.6, 1.3))


def put_readout(site: Site) -> tuple[Box, ...] | None:
    """A clock, a price or a quantity on a panel that might be a plate and is none."""
    rng = site.rng
    block = Block(rng.log_uniform(8, 60), panel=True, texts=(vocabulary.readout(rng),))
    return put_lines(site, block, lambda scale: seen(rng, site.point(), scale, tilted=0.5))


def _bold(rng: Rng, assets: Assets) -> Face:
    upright = [face for face in assets.faces if not SLANTED.search(face.path.name)]
    return rng.pick([face for face in upright if BOLD.search(face.path.name)] or upright)


def _cased(rng: Rng, text: str) -> str:
    return rng.pick((text.upper(), text.upper(), text.title(), text))
