"""Crops what a detector found from a frame the way Tesseract reads it best.

The measures were found by trial on photos of licence plates and on videos with captions: a line
straightened, cropped to its band of letters and framed by a constant border is read exactly several
times as often as the plain box.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.boxes import cropped, grown, height, width
from worker.pipeline.frame import Box, Grey, Picture
from worker.pipeline.ocr.cleanup import on_even_ground, set_upright
from worker.pipeline.ocr.levels import levels

CONTEXT, LINE_CONTEXT = 0.3, 0.1
SIDE_CONTEXT = 0.2
# The detector cuts the ends of long lines; more context would take in the edges of signs.
END_CONTEXT = 0.05
SEARCH_PIXELS = 64
LINE_PIXELS = 40
BAND_LEVEL = 0.6
BAND_MARGIN = 0.12
LEAST_BAND_PIXELS = 16
LEAST_PIXELS = 4
RIM_PIXELS = 2
# How wide, in shares of its height, a line's gap between letters is at most, and how much of its
# length a detector may have missed at an end.
GAP_SHARE, REACH_SHARE = 0.2, 0.12
LEAST_CONTRAST = 16
# A panel's edge has one shade in so much of its columns, and beyond the line's box too, by so much
# of its height; a letter's stroke ends with the box.
EDGE_PART, EDGE_BEYOND = 0.95, 0.2
MOST_PIXELS = 4000
BORDER_PIXELS = 10
SHEARS_DEGREES = tuple(range(-10, 11, 2))
COLUMNS_AT_ONCE = 4

Profile = NDArray[np.float32]


def line_crop(picture: Picture, box: Box) -> Grey | None:
    """One line of text as a grey image of even height; None where there is too little to read.

    The box's surroundings are taken in, the line is sheared until its rows of edges are sharpest,
    and what is not the line's is painted over.
    """
    line = _whole_line(picture, _inside_panel(picture, box))
    return None if line is None else _framed(line)


def upright_crop(picture: Picture, box: Box) -> Grey | None:
    """The same for a line in italics, its letters set upright; None for a line without a slant."""
    line = _whole_line(picture, _inside_panel(picture, box))
    upright = None if line is None else set_upright(line)
    return None if upright is None else _framed(upright)


def band_crop(picture: Picture, box: Box) -> Grey | None:
    """The line cropped to the band in which most strokes are: for capitals and digits in a panel.

    Without a clear band the box itself is taken.
    """
    grey = _grey(picture, box, above=CONTEXT, beside=SIDE_CONTEXT)
    if grey is None:
        return None
    straight, profile = _straightened(_scaled(grey, SEARCH_PIXELS / height(box)))
    band = _band(profile)
    if band is None:
        return plain_crop(picture, box)
    top, bottom = band
    margin = round((bottom - top) * BAND_MARGIN)
    rows = straight[max(0, top - margin) : bottom + margin]
    return _framed(_scaled(rows, LINE_PIXELS / (bottom - top)))


def tight_crop(picture: Picture, box: Box) -> Grey | None:
    """The box and a rim of two pixels, in grey, scaled; None where there is too little to read.

    On a panel a wider one takes in the panel's edge, which is read as a sign of punctuation. A box
    that ends inside of a word is let out to the word's end.
    """
    whole = whole_words(picture, _inside_panel(picture, box))
    return whole and plain_crop(picture, grown(whole, across=RIM_PIXELS, down=RIM_PIXELS))


def whole_words(picture: Picture, box: Box) -> Box | None:
    """The box, let out to the end of a word that it cuts; None where there is too little in it."""
    grey = _grey(picture, box)
    return None if grey is None else _to_gaps(picture, box, grey)


def plain_crop(picture: Picture, box: Box) -> Grey | None:
    """The box itself in grey, scaled for reading; None where there is too little to read."""
    grey = _grey(picture, box)
    return None if grey is None else _framed(_scaled(grey, LINE_PIXELS / grey.shape[0]))


def region_crop(picture: Picture, box: Box) -> Grey | None:
    """A whole object in grey and in its own size, for text scattered over it."""
    return _grey(picture, box)


def _inside_panel(picture: Picture, box: Box) -> Box:
    """The box without a panel's edges at its left and right, and without what is beyond these."""
    grey = _grey(picture, box)
    around = _grey(picture, box, above=EDGE_BEYOND)
    if grey is None or around is None:
        return box
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    inked, inked_around = grey <= level, around <= level
    # Letters cover less of a line than their ground does.
    if inked.mean() > 0.5:
        inked, inked_around = ~inked, ~inked_around
    ground = inked.mean(axis=0) <= 1 - EDGE_PART
    edge = inked_around.mean(axis=0) >= EDGE_PART
    left = _edge_columns(ground, edge)
    right = _edge_columns(ground[::-1], edge[::-1])
    return box[0] + left, box[1], box[2] - right, box[3]


def _edge_columns(ground: NDArray[np.bool_], edge: NDArray[np.bool_]) -> int:
    """How many columns a panel's edge ends before the letters, with a rim of ground; 0 for none."""
    letters = np.flatnonzero(~(ground | edge))
    edges = np.flatnonzero(edge[: letters[0]]) if letters.size else letters
    return min(int(edges[-1]) + 1 + 2 * RIM_PIXELS, int(letters[0])) if edges.size else 0


def _to_gaps(picture: Picture, box: Box, grey: Grey) -> Box:
    """The box with its left and right end where letters end, if they do not far from there."""
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    gap = max(2, round(GAP_SHARE * height(box)))
    reach = round(REACH_SHARE * width(box))
    left, top, right, bottom = box
    around = cropped(picture, grown(box, across=reach, down=RIM_PIXELS))
    dark = cv2.cvtColor(around, cv2.COLOR_BGR2GRAY) <= level
    # The rim above and below is ground, so a column of one shade is ground too.
    bare = np.asarray(dark.all(axis=0) | ~dark.any(axis=0))
    first = round(left) - max(0, int(left - reach))
    last = first + round(right - left)
    before = 0 if bare[first : first + gap // 2].all() else _to_gap(bare[:first][::-1], gap)
    after = 0 if bare[last - gap // 2 : last].all() else _to_gap(bare[last:], gap)
    return left - before, top, right + after, bottom


def _to_gap(bare: NDArray[np.bool_], gap: int) -> int:
    """How many columns come before so many bare ones; 0 where there are none such."""
    if bare.size < gap:
        return 0
    starts = np.flatnonzero(np.convolve(bare, np.ones(gap, np.int64), "valid") == gap)
    return int(starts[0]) if starts.size else 0


def _whole_line(picture: Picture, box: Box) -> Grey | None:
    grey = _grey(picture, box, above=LINE_CONTEXT, beside=CONTEXT, ends=END_CONTEXT)
    if grey is None:
        return None
    straight, _ = _straightened(_scaled(grey, SEARCH_PIXELS / height(box)))
    margin = _margin(box, CONTEXT, END_CONTEXT)
    beside = straight.shape[1] * (margin / (width(box) + 2 * margin))
    return _scaled(on_even_ground(straight, beside=round(beside)), LINE_PIXELS / SEARCH_PIXELS)


def _margin(box: Box, beside: float, ends: float) -> float:
    return max(beside * height(box), ends * width(box))


def _grey(
    picture: Picture, box: Box, *, above: float = 0.0, beside: float = 0.0, ends: float = 0.0
) -> Grey | None:
    """The box with context in grey: shares of its height above, beside, and of its width."""
    context = grown(box, across=_margin(box, beside, ends), down=above * height(box))
    crop = cropped(picture, context)
    if min(crop.shape[:2]) < LEAST_PIXELS:
        return None
    grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    # Asked for a line, Tesseract reads letters into a blank.
    return None if np.ptp(grey) < LEAST_CONTRAST else grey


def _scaled(grey: Grey, factor: float) -> Grey:
    rows, columns = grey.shape
    factor = min(factor, MOST_PIXELS / columns)
    size = max(1, round(columns * factor)), max(1, round(rows * factor))
    method = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
    return np.asarray(cv2.resize(grey, size, interpolation=method), dtype=np.uint8)


def _straightened(grey: Grey) -> tuple[Grey, Profile]:
    edges = _edges(grey)
    per_column = grey.shape[1] / edges.shape[1]
    profiles = [
        _profile(edges, _shear(degrees, edges.shape[1], per_column)) for degrees in SHEARS_DEGREES
    ]
    # A level line wins over a slightly sharper slanted one.
    scores = [
        float(np.square(np.diff(profile)).sum()) * (1 - abs(degrees) / 100)
        for profile, degrees in zip(profiles, SHEARS_DEGREES, strict=True)
    ]
    best = int(np.argmax(scores))
    size = grey.shape[1], grey.shape[0]
    shear = _shear(SHEARS_DEGREES[best], grey.shape[1])
    straight = cv2.warpAffine(grey, shear, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(straight, dtype=np.uint8), profiles[best]


def _edges(grey: Grey) -> Profile:
    blurred = cv2.GaussianBlur(grey, (0, 0), 1.2)
    edges = np.abs(cv2.Sobel(blurred, cv2.CV_16S, 1, 0))
    # A few very bright edges, of a frame or a lamp, must not outweigh the letters.
    (bright,) = levels(edges, 97)
    even = np.minimum(edges, bright).astype(np.float32)
    # Rows are compared, so columns may be few.
    columns = max(1, grey.shape[1] // COLUMNS_AT_ONCE)
    size = columns, grey.shape[0]
    return np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _shear(degrees: float, width: int, per_column: float = 1.0) -> Profile:
    slope = np.tan(np.radians(degrees)) * per_column
    return np.array([[1, 0, 0], [-slope, 1, slope * width / 2]], dtype=np.float32)


def _profile(edges: Profile, shear: Profile) -> Profile:
    size = edges.shape[1], edges.shape[0]
    return np.asarray(cv2.warpAffine(edges, shear, size).mean(axis=1), dtype=np.float32)


def _band(profile: Profile) -> tuple[int, int] | None:
    smooth = cv2.GaussianBlur(profile.reshape(-1, 1), (1, 7), 0)[:, 0]
    outside = round(CONTEXT * SEARCH_PIXELS * 0.3)
    inside = smooth[outside : len(smooth) - outside]
    if not inside.size:
        return None
    bright = np.concatenate(([False], smooth > BAND_LEVEL * inside.max(), [False]))
    starts, stops = np.flatnonzero(np.diff(bright.astype(np.int8))).reshape(-1, 2).T
    if not starts.size:
        return None
    weights = [smooth[start:stop].sum() for start, stop in zip(starts, stops, strict=True)]
    heaviest = int(np.argmax(weights))
    top, bottom = int(starts[heaviest]), int(stops[heaviest])
    return (top, bottom) if bottom - top >= LEAST_BAND_PIXELS else None


def _framed(grey: Grey) -> Grey:
    # Tesseract reads dark on light; letters cover less of a line than their ground does.
    low, median, high = levels(grey, 5, 50, 95)
    if median < (low + high) / 2:
        grey = 255 - grey
    (ground,) = levels(grey, 70)
    edge = BORDER_PIXELS
    framed = cv2.copyMakeBorder(grey, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=[ground])
    return np.asarray(framed, dtype=np.uint8)
