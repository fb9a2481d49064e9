"""Divides a frame into strips, so that small text is read large, and puts their lines together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from worker.pipeline.boxes import area, intersection, moved, scaled
from worker.pipeline.frame import Box, Grey
from worker.pipeline.ocr.engines.base import Line, Page

STRIP_PIXELS, OVERLAP_PIXELS = 240, 48
# A strip is enlarged to twice its size: Tesseract misses letters under some 20 pixels. In a wider
# frame even small print has as many.
ENLARGED, WIDEST_ENLARGED = 2, 1920
# A line this close to a strip's inner edge may be half of one.
EDGE_PIXELS = 3
# Enlarged, leaves and bricks look like letters, but with little confidence.
LEAST_ENLARGED_CONFIDENCE = 0.5
# Two lines are one when the smaller lies within the other by this part.
SAME_LINE_PART_INSIDE = 0.6


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of a frame: its pixels, its top row in the frame, and how much it is enlarged."""

    grey: Grey
    top: int
    scale: int
    bottom: int


def strips_of(grey: Grey) -> list[Strip]:
    """The whole frame for large text, and strips of it, enlarged, for small text.

    Strips go across the whole frame, since a line of text does; they overlap by more than
    the height of the lines that only they can read.
    """
    height, width = grey.shape
    scale = ENLARGED if width <= WIDEST_ENLARGED else 1
    strips = [Strip(grey, 0, 1, height)]
    for top in range(0, max(1, height - OVERLAP_PIXELS), STRIP_PIXELS - OVERLAP_PIXELS):
        rows = grey[top : top + STRIP_PIXELS]
        large = cv2.resize(rows, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        strips.append(Strip(np.asarray(large, np.uint8), top, scale, top + rows.shape[0]))
    return strips


def joined(strips: Sequence[Strip], pages: Sequence[Page], *, height: int) -> Page:
    """One page in the frame's pixels; where strips overlap, the more confident line stands."""
    if any(page.failed for page in pages):
        return Page(failed=True)
    lines = [
        in_frame
        for strip, page in zip(strips, pages, strict=True)
        for line in page.lines
        if strip.scale == 1 or line.confidence >= LEAST_ENLARGED_CONFIDENCE
        for in_frame in [_in_frame(line, strip)]
        if not _is_cut_off(in_frame.bbox, strip, height)
    ]
    return Page(tuple(_each_once(lines)))


def _in_frame(line: Line, strip: Strip) -> Line:
    shrunk = scaled(line.bbox, 1 / strip.scale, 1 / strip.scale)
    return replace(line, bbox=moved(shrunk, (0.0, strip.top, 0.0, strip.top)))


def _is_cut_off(box: Box, strip: Strip, height: int) -> bool:
    above = strip.top > 0 and box[1] - strip.top < EDGE_PIXELS
    below = strip.bottom < height and strip.bottom - box[3] < EDGE_PIXELS
    return above or below


def _each_once(lines: Iterable[Line]) -> list[Line]:
    kept: list[Line] = []
    for line in sorted(lines, key=_by_weight):
        if all(_part_shared(line.bbox, other.bbox) < SAME_LINE_PART_INSIDE for other in kept):
            kept.append(line)
    return sorted(kept, key=lambda line: (line.bbox[1], line.bbox[0]))


def _by_weight(line: Line) -> tuple[float, Box, str]:
    # Of a whole line and a part of it that has a little more confidence, the whole one.
    return -line.confidence * len(line.text) ** 0.5, line.bbox, line.text


def _part_shared(one: Box, other: Box) -> float:
    smaller = min(area(one), area(other))
    return intersection(one, other) / smaller if smaller > 0 else 1.0
