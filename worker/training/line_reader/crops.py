"""Crops of lines as a detector would cut them, each with what it says."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from worker.pipeline.frame import Box, Grey, Picture
from worker.pipeline.ocr.lines.alphabet import spelled
from worker.pipeline.ocr.lines.crops import LOWEST_PIXELS, line_crop
from worker.pipeline.ocr.lines.network import COLUMN_PIXELS
from worker.training.line_reader.drawing import STYLES, line_scene
from worker.training.line_reader.words import Words
from worker.training.reader.crops import drawn_height, plate_height, seen_plate
from worker.training.synth import patch
from worker.training.synth.assets import Assets
from worker.training.synth.background.negatives import textless
from worker.training.synth.background.textures import quick_background, surface
from worker.training.synth.degrade import degrade
from worker.training.synth.plates.painter import paint_plate
from worker.training.synth.rng import Rng

WIDEST_PIXELS = 1024
FAINTEST_DEVIATION = 5.0
LEAST_VISIBLE = 0.98
NUMBER_ALONE_SHARE = 0.5
PLATE, EMPTY = "plate", "empty"
# How often a scene is of each kind; one of lines gives a crop for each of them.
KINDS: Mapping[str, float] = MappingProxyType(
    {
        "sign": 18.0,
        "label": 14.0,
        "caption": 12.0,
        "document": 8.0,
        "screen": 12.0,
        "receipt": 7.0,
        "packet": 6.0,
        PLATE: 15.0,
        EMPTY: 8.0,
    }
)


@dataclass(frozen=True)
class Crop:
    """``grey`` (HEIGHT_PIXELS, any width) as the reader takes it, and what it says."""

    grey: Grey
    text: str
    kind: str


@dataclass(frozen=True)
class Sight:
    """A picture, the box of a line in it as a detector finds it, and what it says."""

    picture: Picture
    box: Box
    text: str


def make_crops(assets: Assets, words: Words, seed: int, index: int) -> tuple[Crop, ...]:
    """The crops of one scene, one at least: the same for the same assets, words, seed and index."""
    rng = Rng(seed, 5, index)
    while True:
        kind = rng.weighted(KINDS)
        make = MAKERS.get(kind, _lines)
        crops = tuple(make(rng, assets, words, kind))
        if crops:
            return crops


def make_sights(assets: Assets, words: Words, seed: int, index: int) -> Iterator[Sight]:
    """The lines of one scene, of the style whose turn it is; none where it came out unreadable."""
    rng = Rng(seed, 7, index)
    style = list(STYLES.values())[index % len(STYLES)]
    scene = line_scene(rng, assets, words, style)
    return _sights(rng, scene.picture, scene.lines) if scene else iter(())


def columns_needed(text: str) -> int:
    """How many columns CTC takes at least to say it: a blank between two alike."""
    return len(text) + sum(one == other for one, other in pairwise(text))


def _lines(rng: Rng, assets: Assets, words: Words, kind: str) -> list[Crop]:
    scene = line_scene(rng, assets, words, STYLES[kind])
    if scene is None:
        return []
    return _crops(_sights(rng, scene.picture, scene.lines), kind)


def _plates(rng: Rng, assets: Assets, words: Words, kind: str) -> list[Crop]:
    height = plate_height(rng)
    plate = paint_plate(rng, assets, drawn_height(height))
    seen = plate and seen_plate(rng, assets, plate.patch, height)
    if not plate or not seen:
        return []
    picture, boxes = seen
    texts = [spelled(line) for line in plate.lines]
    numbers = [box for box in boxes if box.kind == patch.TEXT][: len(texts)]
    if len(texts) == 1 and not rng.bernoulli(NUMBER_ALONE_SHARE):
        numbers = [box for box in boxes if box.kind == patch.PLATE]
    return _crops(_sights(rng, picture, zip(texts, numbers, strict=False)), kind)


def _empty(rng: Rng, assets: Assets, words: Words, kind: str) -> list[Crop]:
    """What a detector takes for a line and is none."""
    height = rng.log_uniform(8, 80)
    if rng.bernoulli(0.4):
        picture = textless(rng, max(16, int(height * 1.4))).pixels
        picture = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
    else:
        rows, side = 2 * int(height), 2 * int(height * rng.uniform(1, 6))
        picture = (
            surface(rng, rows, side)
            if rng.bernoulli(0.5)
            else quick_background(rng, assets.pictures, rows, side)
        )
    picture = degrade(rng, np.ascontiguousarray(picture))
    rows, side = picture.shape[:2]
    low, high = sorted(rng.uniform(0, rows) for _ in range(2))
    start, end = sorted(rng.uniform(0, side) for _ in range(2))
    grey = line_crop(picture, (start, low, end, high))
    return [] if grey is None else [Crop(grey, "", kind)]


Maker = Callable[[Rng, Assets, Words, str], list[Crop]]
MAKERS: Mapping[str, Maker] = MappingProxyType({PLATE: _plates, EMPTY: _empty})


def _sights(rng: Rng, picture: Picture, lines: Iterable[tuple[str, patch.Box]]) -> Iterator[Sight]:
    for text, box in lines:
        if box.height >= LOWEST_PIXELS and box.visible >= LEAST_VISIBLE:
            yield Sight(picture, _as_found(rng, box), text)


def _crops(sights: Iterable[Sight], kind: str) -> list[Crop]:
    crops = ((sight.text, line_crop(sight.picture, sight.box)) for sight in sights)
    return [
        Crop(grey, text, kind) for text, grey in crops if grey is not None and _says(grey, text)
    ]


def _says(grey: Grey, text: str) -> bool:
    """Whether the crop shows its text at all, and has the columns to say it."""
    # Nobody can read what darkness and the codec left nothing of.
    is_visible = bool(grey.std() >= FAINTEST_DEVIATION)
    columns = grey.shape[1]
    return is_visible and COLUMN_PIXELS * columns_needed(text) <= columns < WIDEST_PIXELS


def _as_found(rng: Rng, box: patch.Box) -> Box:
    """The box as a detector has it: now and then long, or short by less than a letter.

    A neighbouring line looks in where it is loose.
    """
    height = box.height
    loose = rng.uniform(0, 0.3) if rng.bernoulli(0.2) else 0.0
    above, below = (height * (loose + rng.uniform(-0.04, 0.18)) for _ in range(2))
    ends = [height * rng.uniform(-0.06, 0.25) for _ in range(2)]
    if rng.bernoulli(0.15):
        ends[rng.integer(0, 1)] += height * rng.uniform(0, 0.8)
    return box.left - ends[0], box.top - above, box.right + ends[1], box.bottom + below
