"""Videos that lead astray who reads only what changed: every change here is a small one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.random import Generator

from tests.benchmarks.videos.drawing import Style, panel_size
from tests.benchmarks.videos.scene import (
    INKS_AND_GROUNDS,
    RATE,
    SLOTS,
    WIDEST,
    Region,
    Shown,
    Slot,
    any_shown,
    any_style,
    any_text,
    trembling,
)
from tests.benchmarks.videos.words import WORDS

# In these every digit is as wide as another, so a changed one moves nothing else.
FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono-Bold", "DejaVuSerif")
LOW_CONTRAST = 30
FADE_SECONDS = 2
# Digits of which little has to change to make them another.
SIMILAR = {"1": "7", "3": "8", "5": "6", "6": "58", "7": "1", "8": "36"}
# Below it, a text that fades cannot be held against a reader.
SURE_STRENGTH = 0.9
SMALL_PIXELS = 22


def trap(kind: str, *, seed: int, frames: int) -> tuple[Region, ...]:
    """The regions of a kind of TRAPS; the same for the same seed and number of frames."""
    return TRAPS[kind](np.random.default_rng((seed, list(TRAPS).index(kind))), frames)


def _digit(rng: Generator, frames: int) -> tuple[Region, ...]:
    """One digit of each text changes, at any frame."""
    return tuple(_counting(rng, slot, _style(rng), frames) for slot in SLOTS)


def _low_contrast(rng: Generator, frames: int) -> tuple[Region, ...]:
    """The same in an ink that hardly stands out."""
    grounds = rng.integers(90, 170, len(SLOTS)).tolist()
    return tuple(
        _counting(
            rng,
            slot,
            replace(_style(rng), ink=_grey(ground - LOW_CONTRAST), ground=_grey(ground)),
            frames,
        )
        for slot, ground in zip(SLOTS, grounds, strict=True)
    )


def _fade(rng: Generator, frames: int) -> tuple[Region, ...]:
    """One digit fades into another, so slowly that no frame differs much from the one before."""
    return tuple(_fading(rng, slot, frames) for slot in SLOTS)


def _swap(rng: Generator, frames: int) -> tuple[Region, ...]:
    """Two texts of one style change their places."""
    regions: list[Region] = []
    for one, other in zip(SLOTS[::2], SLOTS[1::2], strict=True):
        style = _style(rng)
        texts = _text(rng, style), _text(rng, style)
        width = max(panel_size(text, style)[0] for text in texts)
        size = width, panel_size(texts[0], style)[1]
        places = one.place(rng, size), other.place(rng, size)
        pair: list[tuple[list[tuple[Shown, ...]], int]] = [([], 0), ([], 1)]
        while len(pair[0][0]) < frames:
            held = _held_frames(rng)
            for shown, number in pair:
                shown += [(Shown(texts[number], style, *places[number], width),)] * held
            texts = texts[::-1]
        regions += [tuple(shown[:frames]) for shown, _ in pair]
    return tuple(regions)


def _jitter(rng: Generator, frames: int) -> tuple[Region, ...]:
    """One digit changes in a text that trembles."""
    return tuple(trembling(rng, region) for region in _digit(rng, frames))


def _appear(rng: Generator, frames: int) -> tuple[Region, ...]:
    """Small lines come and go on panels that stay, beside texts that stay."""
    stays = [((any_shown(rng, slot, any_style(rng)),),) * frames for slot in SLOTS[::2]]
    return (*stays, *(_coming(rng, slot, frames) for slot in SLOTS[1::2]))


TRAPS: Mapping[str, Callable[[Generator, int], tuple[Region, ...]]] = MappingProxyType(
    {
        "digit": _digit,
        "low contrast": _low_contrast,
        "fade": _fade,
        "swap": _swap,
        "jitter": _jitter,
        "appear": _appear,
    }
)


def _counting(rng: Generator, slot: Slot, style: Style, frames: int) -> Region:
    text, shown = _text(rng, style), []
    size = panel_size(text, style)
    place = slot.place(rng, size)
    while len(shown) < frames:
        shown += [(Shown(text, style, *place, size[0]),)] * _held_frames(rng)
        text = _with_another_digit(rng, text)
    return tuple(shown[:frames])


def _fading(rng: Generator, slot: Slot, frames: int) -> Region:
    style = _style(rng)
    text = _text(rng, style)
    size = panel_size(text, style)
    first = Shown(text, style, *slot.place(rng, size), size[0])
    shown: list[tuple[Shown, ...]] = []
    while len(shown) < frames:
        following = replace(first, text=_with_another_digit(rng, first.text))
        shown += [(first,)] * _held_frames(rng)
        for step in np.linspace(0, 1, FADE_SECONDS * RATE).tolist():
            shown.append((_faded(first, 1 - step), _faded(following, step)))
        first = following
    return tuple(shown[:frames])


def _faded(shown: Shown, strength: float) -> Shown:
    return replace(shown, strength=strength, sure=strength >= SURE_STRENGTH)


def _coming(rng: Generator, slot: Slot, frames: int) -> Region:
    style = replace(_style(rng), size=SMALL_PIXELS)
    size = WIDEST, panel_size("", style)[1]
    place = slot.place(rng, size)
    shown: list[tuple[Shown, ...]] = []
    while len(shown) < frames:
        line = Shown(any_text(rng, style), style, *place, size[0])
        shown += [(replace(line, strength=0.0),)] * _held_frames(rng)
        shown += [(line,)] * _held_frames(rng)
    return tuple(shown[:frames])


def _style(rng: Generator) -> Style:
    ink, ground = INKS_AND_GROUNDS[int(rng.integers(len(INKS_AND_GROUNDS)))]
    return Style(FONTS[int(rng.integers(len(FONTS)))], int(rng.integers(28, 45)), ink, ground)


def _text(rng: Generator, style: Style) -> str:
    """Two words and a number, so that a digit is a small part of its line."""
    while True:
        one, other = (WORDS[int(rng.integers(len(WORDS)))].title() for _ in range(2))
        text = f"{one} {other} {''.join(rng.choice(list(SIMILAR), 4))}"
        if panel_size(text, style)[0] <= WIDEST:
            return text


def _with_another_digit(rng: Generator, text: str) -> str:
    place = len(text) - 1 - int(rng.integers(4))
    return text[:place] + str(rng.choice(list(SIMILAR[text[place]]))) + text[place + 1 :]


def _held_frames(rng: Generator) -> int:
    return int(rng.integers(RATE // 2, 2 * RATE))


def _grey(level: int) -> tuple[int, int, int]:
    return level, level, level
