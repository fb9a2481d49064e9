"""What a made video shows: regions of text, frame by frame, each behaving in its own way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.random import Generator

from tests.benchmarks.videos.drawing import Colour, Style, panel_size
from tests.benchmarks.videos.words import line

WIDTH, HEIGHT, RATE = 1280, 720, 25
COLUMNS, ROWS = 2, 3
SLOT_WIDTH, SLOT_HEIGHT = WIDTH // COLUMNS, HEIGHT // ROWS
# Text that moves stays in its slot, so no two regions ever meet.
MARGIN = 24
WIDEST, WIDEST_MOVING = 540, 380
JITTER_PIXELS = 2

FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "STIXGeneral",
    "STIXGeneralBol",
)
SIZES = (26, 48)
INKS_AND_GROUNDS: tuple[tuple[Colour, Colour], ...] = (
    ((20, 24, 32), (232, 228, 216)),
    ((248, 248, 244), (26, 40, 92)),
    ((30, 30, 30), (240, 206, 66)),
    ((250, 246, 236), (128, 28, 34)),
    ((16, 52, 40), (206, 226, 214)),
    ((244, 244, 244), (44, 46, 52)),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as one frame shows it; left and top are those of its panel, in pixels.

    ``strength`` is the share of its ink over the ground; a text that fades in or out has less
    than 1, and is not ``sure``: nobody can say what it reads. ``width`` is the panel's.
    """

    text: str
    style: Style
    left: int
    top: int
    width: int
    strength: float = 1.0
    sure: bool = True


# What one region shows in each frame: nothing, a text, or two that fade into each other.
Region = tuple[tuple[Shown, ...], ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A sixth of the picture, which belongs to one region."""

    column: int
    row: int

    def place(self, rng: Generator, size: tuple[int, int]) -> tuple[int, int]:
        """Left and top of a panel of that width and height, somewhere inside the margins."""
        free = SLOT_WIDTH - size[0] - 2 * MARGIN, SLOT_HEIGHT - size[1] - 2 * MARGIN
        return (
            self.column * SLOT_WIDTH + MARGIN + int(rng.integers(0, free[0] + 1)),
            self.row * SLOT_HEIGHT + MARGIN + int(rng.integers(0, free[1] + 1)),
        )


SLOTS = tuple(Slot(column, row) for row in range(ROWS) for column in range(COLUMNS))
Behaviour = Callable[[Generator, Slot, int], Region]


def scene(kind: str, *, seed: int, frames: int) -> tuple[Region, ...]:
    """The regions of a kind of KINDS; the same for the same seed and number of frames."""
    return tuple(
        behaviour(np.random.default_rng((seed, number)), slot, frames)
        for number, (behaviour, slot) in enumerate(zip(KINDS[kind], SLOTS, strict=True))
    )


def any_style(rng: Generator) -> Style:
    """A font, a size, and an ink on a ground."""
    ink, ground = INKS_AND_GROUNDS[int(rng.integers(len(INKS_AND_GROUNDS)))]
    font = FONTS[int(rng.integers(len(FONTS)))]
    return Style(font, int(rng.integers(SIZES[0], SIZES[1] + 1)), ink, ground)


def any_text(rng: Generator, style: Style, *, widest: int = WIDEST) -> str:
    """One to four words that fit on a panel of that width."""
    while panel_size(text := line(rng), style)[0] > widest:
        pass
    return text


def any_shown(rng: Generator, slot: Slot, style: Style, *, widest: int = WIDEST) -> Shown:
    """A text of that style somewhere in the slot."""
    text = any_text(rng, style, widest=widest)
    size = panel_size(text, style)
    return Shown(text, style, *slot.place(rng, size), size[0])


def still(rng: Generator, slot: Slot, frames: int) -> Region:
    """One text that stays."""
    return ((any_shown(rng, slot, any_style(rng)),),) * frames


def changing(rng: Generator, slot: Slot, frames: int) -> Region:
    """Another text every 1.5 to 4 seconds, now and then none for as long."""
    style, shown = any_style(rng), []
    while len(shown) < frames:
        texts = () if rng.random() < 0.1 else (any_shown(rng, slot, style),)
        shown += [texts] * int(rng.integers(int(1.5 * RATE), 4 * RATE))
    return tuple(shown[:frames])


def moving(rng: Generator, slot: Slot, frames: int) -> Region:
    """One text that goes to and fro, by up to 3 pixels a frame."""
    first = any_shown(rng, slot, any_style(rng), widest=WIDEST_MOVING)
    left = slot.column * SLOT_WIDTH + MARGIN
    way = SLOT_WIDTH - first.width - 2 * MARGIN
    speed, start = rng.uniform(0.6, 3.0), first.left - left
    steps = (abs((start + speed * n) % (2 * way) - way) for n in range(frames))
    return tuple((replace(first, left=left + round(step)),) for step in steps)


def jittering(rng: Generator, slot: Slot, frames: int) -> Region:
    """One text that trembles by up to JITTER_PIXELS, as in a hand-held video."""
    return trembling(rng, still(rng, slot, frames))


def renewed(rng: Generator, slot: Slot, frames: int) -> Region:
    """Another text in another font at another place in every frame."""
    return tuple((any_shown(rng, slot, any_style(rng)),) for _ in range(frames))


def trembling(rng: Generator, region: Sequence[Sequence[Shown]]) -> Region:
    """The region moved by up to JITTER_PIXELS in each frame."""
    shifts = rng.integers(-JITTER_PIXELS, JITTER_PIXELS + 1, (len(region), 2)).tolist()
    return tuple(
        tuple(replace(shown, left=shown.left + x, top=shown.top + y) for shown in texts)
        for texts, (x, y) in zip(region, shifts, strict=True)
    )


KINDS: Mapping[str, tuple[Behaviour, ...]] = MappingProxyType(
    {
        "mixed": (still, changing, moving, changing, still, jittering),
        "still": (still,) * len(SLOTS),
        "changing": (changing,) * len(SLOTS),
        "moving": (moving,) * len(SLOTS),
        "jittering": (jittering,) * len(SLOTS),
        "renewed": (renewed,) * len(SLOTS),
    }
)
