"""Frames of made videos whose every line is known: captions, signs, documents, italics and more.

The lines are of common words and numbers: in made-up codes nobody can tell I from l.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from worker.pipeline.frame import Box
from worker.training.synth.assets import Assets
from worker.training.synth.background.textures import background
from worker.training.synth.colours import Colour, contrasting_pair
from worker.training.synth.degrade import video_frame
from worker.training.synth.items.arch import arched
from worker.training.synth.patch import (
    TEXT,
    Canvas,
    Patch,
    Picture,
    as_picture,
    blend_ink,
    filled,
    opaque,
)
from worker.training.synth.patch import Box as PatchBox
from worker.training.synth.placement import Pose, place
from worker.training.synth.rng import Rng
from worker.training.synth.text import vocabulary
from worker.training.synth.text.fonts import SLANTED, Face, as_drawn, line_ink

WIDTH, HEIGHT = 1280, 720
QUALITY = 24
CAPTION_CAPS = (18, 44)
SIGN_CAPS = (16, 48)
DOCUMENT_CAPS = (11, 20)
UNITS = ("ml", "kg", "mg", "cm", "km", "GB", "Hz", "kW", "mph", "min", "EUR", "km/h", "kcal")


@dataclass(frozen=True)
class Scene:
    """A frame (HEIGHT, WIDTH, 3) BGR as H.264 leaves it, and its lines with their boxes."""

    picture: Picture
    lines: tuple[tuple[str, Box], ...]


def scenes(assets: Assets, kind: str, seed: int, count: int) -> Iterator[Scene]:
    """``count`` scenes of a kind of SCENES; the same for the same assets, seed and count."""
    for index in range(count):
        rng = Rng(seed, list(SCENES).index(kind), index)
        picture, lines = SCENES[kind](rng, assets)
        yield Scene(video_frame(picture, quality=QUALITY, shift=0), tuple(lines))


Lines = list[tuple[str, Box]]


def _caption(rng: Rng, assets: Assets) -> tuple[Picture, Lines]:
    canvas = _ground(rng, assets)
    face, cap = _upright(rng, assets), rng.uniform(*CAPTION_CAPS)
    ink, ground = contrasting_pair(rng, 90)
    rows, lines, top = rng.integer(1, 2), [], HEIGHT * 0.76
    canvas[int(top - cap) : int(top + rows * cap * 2 + cap * 0.6)] = ground
    for _ in range(rows):
        lines += _write(canvas, _text(rng, 2, 5), face, cap, (rng.uniform(40, 200), top), ink)
        top += cap * 2
    return as_picture(canvas), lines


def _signs(
    rng: Rng,
    assets: Assets,
    text_of: Callable[[Rng], str] = lambda rng: _text(rng, 1, 3),
    *,
    shaped: Callable[[Rng, Patch], Patch] = lambda _, patch: patch,
    turned: Callable[[Rng], float] = lambda _: 0.0,
) -> tuple[Picture, Lines]:
    picture = as_picture(_ground(rng, assets))
    taken, lines = np.zeros(picture.shape[:2], np.uint8), []
    for _ in range(5):
        face, cap = _upright(rng, assets), rng.uniform(*SIGN_CAPS)
        text = as_drawn(text_of(rng), face)
        patch = _panel(rng, text, face, cap)
        centre = rng.uniform(0.2, 0.8) * WIDTH, rng.uniform(0.15, 0.85) * HEIGHT
        patch = patch and shaped(rng, patch)
        angle = turned(rng) + rng.uniform(-4, 4)
        pose = Pose(centre, 1.0, angle, rng.uniform(0, 0.12))
        boxes = patch and place(rng, picture, taken, patch, pose)
        if boxes and boxes[0].visible > 0.99:
            lines.append((text, _edges(boxes[0])))
    return picture, lines


def document(
    rng: Rng, assets: Assets, text_of: Callable[[Rng], str] = lambda rng: _text(rng, 3, 7)
) -> tuple[Picture, Lines]:
    """A page of lines, left as drawn, and its lines; of a text that its font lacks none."""
    paper, ink = np.full(3, rng.uniform(215, 255)), np.full(3, rng.uniform(0, 70))
    canvas, lines = filled(HEIGHT, WIDTH, paper), []
    face, cap = _upright(rng, assets), rng.uniform(*DOCUMENT_CAPS)
    left, top = rng.uniform(40, 300), rng.uniform(30, 80)
    while top < HEIGHT - 3 * cap:
        lines += _write(canvas, text_of(rng), face, cap, (left, top), ink)
        top += cap * rng.uniform(2.0, 2.6)
    return as_picture(canvas), lines


def _italics(rng: Rng, assets: Assets) -> tuple[Picture, Lines]:
    canvas, lines = _ground(rng, assets), []
    ink, ground = contrasting_pair(rng, 90)
    top = 120.0
    slanted = [face for face in assets.faces if SLANTED.search(face.path.name)]
    while top < HEIGHT - 160:
        cap = rng.uniform(*CAPTION_CAPS)
        canvas[int(top - cap) : int(top + cap * 2)] = ground
        place_at = (rng.uniform(40, 300), top)
        lines += _write(canvas, _text(rng, 2, 4), rng.pick(slanted), cap, place_at, ink)
        top += cap * 4
    return as_picture(canvas), lines


def _quantities(rng: Rng, assets: Assets) -> tuple[Picture, Lines]:
    return _signs(rng, assets, _quantity)


def _arches(rng: Rng, assets: Assets) -> tuple[Picture, Lines]:
    return _signs(rng, assets, shaped=_arched)


def _arched(rng: Rng, patch: Patch) -> Patch:
    return arched(patch, rng.uniform(40, 160), over=rng.bernoulli(0.65))


def _slants(rng: Rng, assets: Assets) -> tuple[Picture, Lines]:
    return _signs(rng, assets, turned=lambda rng: rng.pick((-1, 1)) * rng.uniform(8, 24))


def _upwards(rng: Rng, assets: Assets) -> tuple[Picture, Lines]:
    return _signs(rng, assets, turned=lambda rng: rng.pick((-90, 90)))


SCENES: Mapping[str, Callable[[Rng, Assets], tuple[Picture, Lines]]] = MappingProxyType(
    {
        "captions": _caption,
        "signs": _signs,
        "documents": document,
        "italics": _italics,
        "quantities": _quantities,
        "arches": _arches,
        "slanted signs": _slants,
        "lines up and down": _upwards,
    }
)


def _ground(rng: Rng, assets: Assets) -> Canvas:
    return background(rng, assets.pictures, WIDTH)[:HEIGHT].astype(np.float32)


def _upright(rng: Rng, assets: Assets) -> Face:
    while SLANTED.search((face := rng.pick(rng.pick(assets.families))).path.name):
        pass
    return face


def _text(rng: Rng, least: int, most: int) -> str:
    words = " ".join(vocabulary.plain_word(rng) for _ in range(rng.integer(least, most)))
    return rng.pick((words.upper(), words.title(), words.capitalize()))


def _quantity(rng: Rng) -> str:
    """A number and its unit, with or without a gap, or a time: what a plate's number is not."""
    amount = rng.pick((str(rng.integer(2, 990)), f"{rng.integer(1, 99)}.{rng.integer(1, 9)}"))
    quantity = amount + rng.pick(("", " ")) + rng.pick(UNITS)
    clock = f"{rng.integer(10, 23)}:{rng.integer(10, 59)}"
    return rng.pick((quantity, quantity, quantity.upper(), clock))


def _write(
    canvas: Canvas, text: str, face: Face, cap: float, corner: tuple[float, float], ink: Colour
) -> Lines:
    """Writes a line that fits, and tells it; one that does not fit is left out."""
    text = as_drawn(text, face)
    letters = line_ink(text, face, cap)
    left, top = int(corner[0]), int(corner[1])
    if letters is None or left + letters.shape[1] > WIDTH - 20:
        return []
    blend_ink(canvas, letters, left, top, ink)
    height, width = letters.shape
    return [(text, (left, top, left + width, top + height))]


def _panel(rng: Rng, text: str, face: Face, cap: float) -> Patch | None:
    letters = line_ink(text, face, cap)
    if letters is None or letters.shape[1] > WIDTH * 0.6:
        return None
    ink, ground = contrasting_pair(rng, 80)
    beside, above = int(cap * rng.uniform(0.4, 1.2)), int(cap * rng.uniform(0.4, 1.0))
    height, width = letters.shape
    canvas = filled(height + 2 * above, width + 2 * beside, ground)
    blend_ink(canvas, letters, beside, above, ink)
    return opaque(canvas, (PatchBox(TEXT, beside, above, beside + width, above + height),))


def _edges(box: PatchBox) -> Box:
    return box.left, box.top, box.right, box.bottom
