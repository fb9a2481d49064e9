"""Cuts a frame into strips, so that small text is read large, and puts their lines together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from worker.pipeline.frame import Box, Grey
from worker.pipeline.ocr.engines.base import Line, Page

STRIP_PIXELS, OVERLAP_PIXELS = 240, 48
# A strip is enlarged to twice its size: Tesseract misses letters under some 20 pixels. In a wider
# frame even small print has as many.
ENLARGED, WIDEST_ENLARGED = 2, 1920
# A line this close to a strip's cut edge may be half of one.
EDGE_PIXELS = 3
# Enlarged, leaves and bricks look like letters, but not surely.
LEAST_CONFIDENCE = 0.5
# Two lines are one when the smaller lies within the other by this share.
SAME = 0.6


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a frame: its pixels, its top row in the frame, and how much it is enlarged."""

    grey: Grey
    top: int
    scale: int
    bottom: int


def tiles_of(grey: Grey) -> list[Tile]:
    """The whole frame for large text, and strips of it, enlarged, for small text.

    Strips go across the whole frame, since a line of text does; they overlap by more than
    the height of the lines that only they can read.
    """
    height, width = grey.shape
    scale = ENLARGED if width <= WIDEST_ENLARGED else 1
    tiles = [Tile(grey, 0, 1, height)]
    for top in range(0, max(1, height - OVERLAP_PIXELS), STRIP_PIXELS - OVERLAP_PIXELS):
        strip = grey[top : top + STRIP_PIXELS]
        large = cv2.resize(strip, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        tiles.append(Tile(np.asarray(large, np.uint8), top, scale, top + strip.shape[0]))
    return tiles


def joined(tiles: Sequence[Tile], pages: Sequence[Page], *, height: int) -> Page:
    """One page in the frame's pixels; where tiles overlap, the surer line stands for both."""
    if any(page.failed for page in pages):
        return Page(failed=True)
    lines = [
        _in_frame(line, tile)
        for tile, page in zip(tiles, pages, strict=True)
        for line in page.lines
        if _counts(line, tile) and not _is_cut(_in_frame(line, tile).bbox, tile, height)
    ]
    return Page(tuple(_each_once(lines)))


def _in_frame(line: Line, tile: Tile) -> Line:
    left, top, right, bottom = (side / tile.scale for side in line.bbox)
    return replace(line, bbox=(left, top + tile.top, right, bottom + tile.top))


def _counts(line: Line, tile: Tile) -> bool:
    return tile.scale == 1 or line.confidence >= LEAST_CONFIDENCE


def _is_cut(box: Box, tile: Tile, height: int) -> bool:
    above = tile.top > 0 and box[1] - tile.top < EDGE_PIXELS
    below = tile.bottom < height and tile.bottom - box[3] < EDGE_PIXELS
    return above or below


def _each_once(lines: Iterable[Line]) -> list[Line]:
    kept: list[Line] = []
    for line in sorted(lines, key=_by_weight):
        if all(_shared(line.bbox, other.bbox) < SAME for other in kept):
            kept.append(line)
    return sorted(kept, key=lambda line: (line.bbox[1], line.bbox[0]))


def _by_weight(line: Line) -> tuple[float, Box, str]:
    # Of a whole line and a piece of it that is a little surer, the whole one.
    return -line.confidence * len(line.text) ** 0.5, line.bbox, line.text


def _shared(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    smaller = min(_area(one), _area(other))
    return max(0.0, width) * max(0.0, height) / smaller if smaller > 0 else 1.0


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
