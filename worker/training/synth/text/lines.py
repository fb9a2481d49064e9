"""Blocks of lines: captions, signs, labels, pages, screens, packets."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from worker.training.synth.assets import Assets
from worker.training.synth.background.textures import gradient, shaded
from worker.training.synth.colours import Colour, any_colour, contrasting_pair, near, scalar
from worker.training.synth.patch import (
    TEXT,
    Box,
    Canvas,
    Patch,
    Picture,
    as_picture,
    blend_ink,
    filled,
)
from worker.training.synth.rng import Rng
from worker.training.synth.text import vocabulary
from worker.training.synth.text.fonts import Face, ink_top, line_ink


@dataclass(frozen=True)
class Block:
    """What to set: ``cap_height`` in pixels of the patch, ``leading`` in cap heights.

    ``texts``, one for each line, and ``face`` are drawn where they are not given. A table, of
    more than one of ``columns``, needs both: its cells' texts, row after row.
    """

    cap_height: float
    lines: int = 1
    least_words: int = 1
    most_words: int = 5
    panel: bool = False
    stamp: bool = False
    buttons: bool = False
    leading: tuple[float, float] = (0.35, 1.2)
    texts: tuple[str, ...] = ()
    face: Face | None = None
    columns: int = 1


@dataclass(frozen=True)
class _Setting:
    """Lines of ink and where each one's corner goes on a sheet of ``size``."""

    inks: tuple[Picture, ...]
    corners: tuple[tuple[int, int], ...]
    size: tuple[int, int]

    @property
    def boxes(self) -> tuple[Box, ...]:
        return tuple(
            Box(TEXT, left, top, left + ink.shape[1], top + ink.shape[0])
            for ink, (left, top) in zip(self.inks, self.corners, strict=True)
        )


def lines(rng: Rng, assets: Assets, block: Block) -> Patch | None:
    """The block as a patch with a box for each line; ``None`` when nothing could be set."""
    inks = _inks(rng, assets, block)
    if not inks or (block.columns > 1 and len(inks) < block.lines):
        return None
    setting = _set(rng, inks, block) if block.columns == 1 else _set_table(rng, inks, block)
    ink, ground = contrasting_pair(rng, 40 if block.panel else 60)
    if block.panel:
        return _on_panel(rng, setting, block, ink, ground)
    return _bare(rng, setting, block.cap_height, ink, ground)


def _inks(rng: Rng, assets: Assets, block: Block) -> list[Picture]:
    main = block.face or rng.pick(rng.pick(assets.families))
    spacing = rng.uniform(0.1, 1.0) if rng.bernoulli(0.08) else 0.0
    inks = []
    for row in range(block.lines):
        face = main
        if not block.face and not rng.bernoulli(0.85):
            face = rng.pick(rng.pick(assets.families))
        other_size = row and block.lines < 4 and rng.bernoulli(0.35)
        cap_height = block.cap_height * (rng.uniform(0.6, 1.6) if other_size else 1)
        text = block.texts[row] if block.texts else _text(rng, block, face)
        ink = line_ink(text, face, cap_height, spacing=spacing)
        if ink is not None:
            inks.append(ink)
    return inks


def _text(rng: Rng, block: Block, face: Face) -> str:
    if block.stamp:
        return vocabulary.stamp(rng)
    words = block.least_words, block.most_words
    return vocabulary.line(rng, *words, cyrillic=face.has("Ж"), greek=face.has("Ω"))


def _set(rng: Rng, inks: Sequence[Picture], block: Block) -> _Setting:
    size = block.cap_height
    tight = size * 0.4, size * 0.4
    margins = (size * rng.uniform(0.3, 1.6), size * rng.uniform(0.3, 1.4))
    side, above = margins if block.panel else tight
    gap = size * (rng.uniform(0.9, 1.6) if block.buttons else rng.uniform(*block.leading))
    widest = max(ink.shape[1] for ink in inks)
    align = rng.pick((0.0, 0.0, 0.5, 0.5, 1.0))
    corners, top = [], above
    for ink in inks:
        corners.append((int(side + (widest - ink.shape[1]) * align), int(top)))
        top += ink.shape[0] + gap
    # The corners are cut to whole pixels, the sheet is not: one spare row and column.
    sheet = (int(top - gap + above) + 1, int(widest + 2 * side) + 1)
    return _Setting(tuple(inks), tuple(corners), sheet)


def _set_table(rng: Rng, inks: Sequence[Picture], block: Block) -> _Setting:
    """Cells in rows on one baseline, each column to its left, its right or its middle."""
    size, columns = block.cap_height, block.columns
    tops = [ink_top(text, block.face, size) for text in block.texts if block.face]
    pitch = max(top + ink.shape[0] for top, ink in zip(tops, inks, strict=True)) - min(tops)
    pitch = int(pitch + size * rng.uniform(*block.leading))
    gap, edge = size * rng.uniform(1.5, 7), int(size * rng.uniform(0.4, 1.6))
    widths = [max(ink.shape[1] for ink in inks[column::columns]) for column in range(columns)]
    starts = np.cumsum([edge] + [width + gap for width in widths])
    aligns = [rng.pick((0.0, 0.0, 0.5, 1.0, 1.0)) for _ in widths]
    corners = []
    for cell, (ink, top) in enumerate(zip(inks, tops, strict=True)):
        row, column = divmod(cell, columns)
        across = starts[column] + (widths[column] - ink.shape[1]) * aligns[column]
        corners.append((int(across), edge + row * pitch + top - min(tops)))
    sheet = (len(inks) // columns * pitch + 2 * edge, int(starts[-1] - gap + edge) + 1)
    return _Setting(tuple(inks), tuple(corners), sheet)


def _on_panel(rng: Rng, setting: _Setting, block: Block, ink: Colour, ground: Colour) -> Patch:
    height, width = setting.size
    canvas = filled(height, width, ground)
    if rng.bernoulli(0.15):
        canvas = gradient(rng, height, width, ground, near(rng, ground, 30))
    if block.buttons:
        _draw_buttons(rng, canvas, setting, ground)
    if rng.bernoulli(0.3):
        edge = max(1, int(block.cap_height * rng.uniform(0.05, 0.2)))
        colour = scalar(ink if rng.bernoulli(0.6) else any_colour(rng))
        cv2.rectangle(canvas, (edge, edge), (width - edge, height - edge), colour, edge)
    for line, (left, top) in zip(setting.inks, setting.corners, strict=True):
        blend_ink(canvas, line, left, top, ink)
    solid = 255 if rng.bernoulli(0.75) else rng.integer(110, 240)
    cover = np.full((height, width), solid, np.uint8)
    if rng.bernoulli(0.2):
        cover = np.minimum(cover, _rounded(rng, height, width))
    return Patch(as_picture(shaded(rng, canvas)), cover, setting.boxes)


def _draw_buttons(rng: Rng, canvas: Canvas, setting: _Setting, ground: Colour) -> None:
    """A field round each line, as on screens and forms; some with an icon before it."""
    fill = scalar(near(rng, ground, 22))
    icon = scalar(any_colour(rng))
    edge, icons, outlined = rng.integer(2, 5), rng.bernoulli(0.4), rng.bernoulli(0.4)
    for box in setting.boxes:
        start = (int(box.left - 2 * edge), int(box.top - edge))
        end = (int(box.right + 2 * edge), int(box.bottom + edge))
        cv2.rectangle(canvas, start, end, fill, 1 if outlined else -1)
        if icons:
            radius = max(1, int(box.height * 0.35))
            centre = (int(box.left - 2 * edge - 2 * radius), int(box.top + box.height / 2))
            cv2.circle(canvas, centre, radius, icon, -1, cv2.LINE_AA)


def _rounded(rng: Rng, height: int, width: int) -> Picture:
    radius = int(min(height, width) * rng.uniform(0.1, 0.5))
    cover = np.zeros((height, width), np.uint8)
    cv2.rectangle(cover, (radius, 0), (width - radius, height), 255, -1)
    cv2.rectangle(cover, (0, radius), (width, height - radius), 255, -1)
    for x in (radius, width - radius):
        for y in (radius, height - radius):
            cv2.circle(cover, (x, y), radius, 255, -1)
    return cover


def _bare(rng: Rng, setting: _Setting, cap_height: float, ink: Colour, halo: Colour) -> Patch:
    """Text without a ground: plain, outlined, or with a shadow in the halo's colour."""
    height, width = setting.size
    canvas = filled(height, width, halo)
    cover = np.zeros((height, width), np.uint8)
    style = rng.pick(("plain", "outline", "outline", "shadow", "shadow"))
    reach = max(1, int(cap_height * rng.uniform(0.05, 0.16)))
    for line, (left, top) in zip(setting.inks, setting.corners, strict=True):
        blend_ink(canvas, line, left, top, ink)
        _cover_with(cover, line, left, top)
        if style == "outline":
            kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
            grown = np.asarray(cv2.dilate(np.pad(line, reach), kernel), np.uint8)
            _cover_with(cover, grown, left - reach, top - reach)
        elif style == "shadow":
            _cover_with(cover, line, left + reach, top + reach)
    if style == "plain" and rng.bernoulli(0.2):
        cover = (cover * rng.uniform(0.5, 0.95)).astype(np.uint8)
    return Patch(as_picture(canvas), cover, setting.boxes, bare=style == "plain")


def _cover_with(cover: Picture, ink: Picture, left: int, top: int) -> None:
    ink = ink[max(0, -top) :, max(0, -left) :]
    left, top = max(0, left), max(0, top)
    area = cover[top : top + ink.shape[0], left : left + ink.shape[1]]
    np.maximum(area, ink[: area.shape[0], : area.shape[1]], out=area)
