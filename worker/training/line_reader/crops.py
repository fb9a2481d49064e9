"""Crops of lines as a detector would cut them, each with what it says."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import cv2
import numpy as np

from worker.pipeline.frame import Box, Grey, Picture
from worker.training.line_reader.alphabet import spelled
from worker.training.line_reader.drawing import STYLES, line_scene
from worker.training.line_reader.network import COLUMN_PIXELS, HEIGHT_PIXELS
from worker.training.line_reader.words import Words
from worker.training.reader.crops import drawn_height, plate_height, seen_plate
from worker.training.synth import patch
from worker.training.synth.assets import Assets
from worker.training.synth.background.negatives import textless
from worker.training.synth.background.textures import quick_background, surface
from worker.training.synth.degrade import degrade
from worker.training.synth.plates.painter import paint_plate
from worker.training.synth.rng import Rng

LONGEST_PIXELS = 1024
SHORTEST_PIXELS = 16
LOWEST_PIXELS = 6.0
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


def make_crops(assets: Assets, words: Words, seed: int, index: int) -> tuple[Crop, ...]:
    """The crops of one scene, one at least: the same for the same assets, words, seed and index."""
    rng = Rng(seed, 5, index)
    while True:
        kind = rng.weighted(KINDS)
        make = MAKERS.get(kind, _lines)
        crops = tuple(make(rng, assets, words, kind))
        if crops:
            return crops


def line_crop(picture: Picture, box: Box) -> Grey | None:
    """The box in grey, HEIGHT_PIXELS high and as wide as that makes it; None where too small."""
    left, top, right, bottom = box
    rows = slice(max(0, math.floor(top)), math.ceil(bottom))
    columns = slice(max(0, math.floor(left)), math.ceil(right))
    cut = picture[rows, columns]
    height, width = cut.shape[:2]
    if min(height, width) < LOWEST_PIXELS:
        return None
    across = max(SHORTEST_PIXELS, min(LONGEST_PIXELS, round(width * HEIGHT_PIXELS / height)))
    grey = cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY)
    method = cv2.INTER_AREA if height > HEIGHT_PIXELS else cv2.INTER_CUBIC
    resized = cv2.resize(grey, (across, HEIGHT_PIXELS), interpolation=method)
    return np.asarray(resized, np.uint8)


def columns_needed(text: str) -> int:
    """How many columns CTC takes at least to say it: a blank between two alike."""
    return len(text) + sum(one == other for one, other in pairwise(text))


def _lines(rng: Rng, assets: Assets, words: Words, kind: str) -> list[Crop]:
    scene = line_scene(rng, assets, words, STYLES[kind])
    if scene is None:
        return []
    found = (_crop(rng, scene.picture, box, text, kind) for text, box in scene.lines)
    return [crop for crop in found if crop is not None]


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
    pairs = zip(texts, numbers, strict=False)
    found = (_crop(rng, picture, box, text, kind) for text, box in pairs)
    return [crop for crop in found if crop is not None]


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


def _crop(rng: Rng, picture: Picture, box: patch.Box, text: str, kind: str) -> Crop | None:
    if box.height < LOWEST_PIXELS or box.visible < LEAST_VISIBLE:
        return None
    grey = line_crop(picture, _as_found(rng, box))
    # Nobody can read what darkness and the codec left nothing of.
    if grey is None or grey.std() < FAINTEST_DEVIATION:
        return None
    if grey.shape[1] >= LONGEST_PIXELS or grey.shape[1] < COLUMN_PIXELS * columns_needed(text):
        return None
    return Crop(grey, text, kind)


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
