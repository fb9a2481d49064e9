"""Lines in small scenes: signs, labels, captions, pages, screens, receipts, packets."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from worker.pipeline.ocr.lines.alphabet import is_spelled, spelled
from worker.training.line_reader.texts import text, typeset
from worker.training.line_reader.words import Words
from worker.training.synth.assets import Assets
from worker.training.synth.background.textures import quick_background, surface
from worker.training.synth.degrade import degrade
from worker.training.synth.patch import Box, Patch, Picture
from worker.training.synth.placement import Pose, place
from worker.training.synth.rng import Rng
from worker.training.synth.text.fonts import Face, as_drawn
from worker.training.synth.text.lines import Block, lines

# Of a line's height from its highest to its lowest ink.
CAP_SHARE = 0.78
# Small letters are set larger and scaled down, as a lens does it.
OVERSIZE, LARGE_PIXELS = 1.55, 30.0
# How far a line's end may rise or fall, in its heights: a reader's crop is upright.
MOST_DRIFT, LARGEST_ANGLE = 0.5, 10.0
FACES_TRIED = 12
TYPESET_SHARE = 0.4


@dataclass(frozen=True)
class Style:
    """What lines of a style say and how they look; all but ``heights``, in pixels, are shares."""

    texts: Mapping[str, float]
    heights: tuple[float, float]
    lines: tuple[int, ...]
    panel: float = 1.0
    buttons: float = 0.0
    tilted: float = 0.0
    clean: float = 0.0


@dataclass(frozen=True)
class Scene:
    """A small picture (height, width, 3) BGR, and its lines with their boxes."""

    picture: Picture
    lines: tuple[tuple[str, Box], ...]


_MIXED = {"words": 45.0, "quantity": 16, "code": 12, "sentence": 8, "contact": 5, "anything": 5}
STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "sign": Style(_MIXED | {"moment": 5}, (9, 80), (1, 1, 2, 2, 3), 0.9, tilted=0.6),
        "label": Style(_MIXED, (8, 80), (1, 1, 1, 2), 0.3, tilted=0.5),
        "caption": Style(
            {"sentence": 60.0, "words": 22, "moment": 12, "quantity": 4, "contact": 2},
            (9, 48),
            (1, 1, 2, 2),
            0.35,
            clean=0.15,
        ),
        "document": Style(
            {"sentence": 72.0, "words": 10, "quantity": 8, "contact": 5, "anything": 5},
            (8, 30),
            (2, 3, 4),
            tilted=0.35,
            clean=0.15,
        ),
        "screen": Style(
            {"screen": 42.0, "words": 18, "quantity": 14, "code": 8, "moment": 8, "contact": 7}
            | {"anything": 3},
            (8, 28),
            (1, 2, 3, 4),
            buttons=0.4,
            tilted=0.1,
            clean=0.55,
        ),
        "receipt": Style(
            {"receipt": 76.0, "quantity": 8, "moment": 6, "code": 6, "contact": 4},
            (8, 28),
            (2, 3, 4),
            tilted=0.35,
            clean=0.1,
        ),
        "packet": Style(_MIXED | {"sentence": 25}, (8, 40), (2, 3, 4), 0.7, tilted=0.6),
    }
)


def line_scene(rng: Rng, assets: Assets, words: Words, style: Style) -> Scene | None:
    """A scene of that style; ``None`` when what was drawn could not be set or would be faint."""
    drawn = [text(rng, words, rng.weighted(style.texts)) for _ in range(rng.pick(style.lines))]
    if rng.bernoulli(TYPESET_SHARE):
        drawn = [typeset(rng, one) for one in drawn]
    face = _face_for(rng, assets, "".join(drawn))
    if face is None:
        return None
    texts = tuple(as_drawn(one, face) for one in drawn)
    if not all(is_spelled(spelled(one)) for one in texts):
        return None
    height = rng.log_uniform(*style.heights)
    oversize = OVERSIZE if height < LARGE_PIXELS else 1.0
    if rng.bernoulli(style.clean):
        return _clean(lines(rng, assets, _block(rng, style, texts, face, height)), texts)
    patch = lines(rng, assets, _block(rng, style, texts, face, height * oversize))
    if patch is None or len(patch.boxes) != len(texts):
        return None
    pose_scale = 1 / oversize
    rows, side = (_even(length * pose_scale * 1.1 + 12) for length in (patch.height, patch.width))
    scene = _ground(rng, assets, rows, side)
    pose = _pose(rng, (side / 2, rows / 2), pose_scale, patch, style)
    taken = np.zeros((rows, side), np.uint8)
    boxes = place(rng, scene, taken, patch, pose)
    if not boxes or len(boxes) != len(texts):
        return None
    return _scene(degrade(rng, scene), texts, boxes)


def _face_for(rng: Rng, assets: Assets, characters: str) -> Face | None:
    for _ in range(FACES_TRIED):
        face = rng.pick(rng.pick(assets.families))
        if face.has(characters):
            return face
    return None


def _block(rng: Rng, style: Style, texts: tuple[str, ...], face: Face, height: float) -> Block:
    return Block(
        height * CAP_SHARE,
        len(texts),
        panel=rng.bernoulli(style.panel),
        buttons=rng.bernoulli(style.buttons),
        texts=texts,
        face=face,
    )


def _clean(patch: Patch | None, texts: tuple[str, ...]) -> Scene | None:
    """The lines as a screen shows them, which no camera saw; they stand on their panel."""
    if patch is None or len(patch.boxes) != len(texts) or patch.bare:
        return None
    return _scene(patch.pixels, texts, patch.boxes)


def _scene(picture: Picture, texts: tuple[str, ...], boxes: tuple[Box, ...]) -> Scene:
    said = (spelled(one) for one in texts)
    return Scene(picture, tuple(zip(said, boxes, strict=True)))


def _ground(rng: Rng, assets: Assets, rows: int, side: int) -> Picture:
    if rng.bernoulli(0.25):
        return surface(rng, rows, side)
    return quick_background(rng, assets.pictures, rows, side)


def _pose(rng: Rng, centre: tuple[float, float], scale: float, patch: Patch, style: Style) -> Pose:
    longest = max(box.width for box in patch.boxes)
    highest = min(box.height for box in patch.boxes)
    drift = math.degrees(math.atan(MOST_DRIFT * highest / longest))
    largest = min(LARGEST_ANGLE, drift)
    if not rng.bernoulli(style.tilted):
        return Pose(centre, scale, rng.uniform(-0.3, 0.3) * largest * rng.bernoulli(0.3))
    tilt = rng.uniform(0.04, 0.3) if longest < 6 * highest or rng.bernoulli(0.15) else 0.0
    bend = rng.uniform(-0.2, 0.2) if len(patch.boxes) == 1 and rng.bernoulli(0.1) else 0.0
    return Pose(centre, scale, rng.uniform(-largest, largest), tilt, bend)


def _even(length: float) -> int:
    return 2 * max(8, round(length / 2))
