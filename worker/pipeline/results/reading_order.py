"""Puts what was found into the order in which a person reads it."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from rapidfuzz.fuzz import partial_ratio

from worker.pipeline.boxes import area, may_run_up, middle, part_inside, shared_height, width
from worker.pipeline.frame import LIKELY_FROM_CONFIDENCE, PLATE_CLASS, Box, Detection

SAME_LINE_SHARED_HEIGHT = 0.5
REPEATED_PART_INSIDE = 0.8
# Of the narrower one's width, so much lies over the other where two stand one below the other.
STACKED_PART_OF_WIDTH = 0.5
# A single letter or two are higher than wide whichever way they run.
SHORTEST_UPRIGHT = 3
# Of the letters of a line's part, read a second time, so many are read as in the whole line.
PART_READ_FROM_LIKENESS = 0.75
# What is less confident is left out of a frame's text. A plate's confidence is that of all its
# characters at once, a line's that of one: a number of .2 is right but for one character mostly.
SAID_FROM_CONFIDENCE: Mapping[str, float] = MappingProxyType({PLATE_CLASS: 0.2})
# Icons, leaves and windows are read as a letter or two; of those that are less confident most are.
SHORT_SAID_FROM_CONFIDENCE = 0.9


def in_lines(detections: Iterable[Detection]) -> list[list[Detection]]:
    """Detections as lines from top to bottom, each from left to right.

    Two stand on one line when they share at least half of the lower one's height, unless they are
    lines that stand one below the other beside something higher; one that runs up or down is a line
    of its own.
    """
    lines: list[list[Detection]] = []
    upright: list[list[Detection]] = []
    for found in sorted(detections, key=_by_middle):
        if _runs_up(found):
            upright.append([found])
        elif lines and _goes_on(lines[-1], found):
            lines[-1].append(found)
        else:
            lines.append([found])
    by_place = sorted(lines + upright, key=lambda line: _by_middle(line[0]))
    return [sorted(line, key=_by_left) for line in by_place]


def joined_text(lines: Sequence[Sequence[Detection]]) -> str:
    """What was likely read, a space between neighbours and a line break between lines.

    What one of two boxes only repeats is said once: the letters on a plate, and the part of a line
    that was found beside the whole of it.
    """
    likely = [found for line in lines for found in line if found.text and _is_likely(found)]
    said = set(map(id, _each_once(likely)))
    rows = (" ".join(found.text or "" for found in line if id(found) in said) for line in lines)
    return "\n".join(row for row in rows if row)


def _goes_on(line: Sequence[Detection], found: Detection) -> bool:
    level = [shared_height(one.bbox, found.bbox) >= SAME_LINE_SHARED_HEIGHT for one in line]
    return level[0] and all(
        is_level or not _is_above_or_below(one.bbox, found.bbox)
        for one, is_level in zip(line, level, strict=True)
    )


def _is_above_or_below(one: Box, other: Box) -> bool:
    shared = min(one[2], other[2]) - max(one[0], other[0])
    return shared >= STACKED_PART_OF_WIDTH * min(width(one), width(other))


def _runs_up(found: Detection) -> bool:
    return may_run_up(found.bbox) and len(_unspaced(found)) >= SHORTEST_UPRIGHT


def _is_likely(found: Detection) -> bool:
    least = SAID_FROM_CONFIDENCE.get(found.class_name, LIKELY_FROM_CONFIDENCE)
    if found.is_short:
        least = SHORT_SAID_FROM_CONFIDENCE
    return (found.text_confidence or 0.0) >= least


def _each_once(detections: Iterable[Detection]) -> list[Detection]:
    said: list[Detection] = []
    for found in sorted(detections, key=_by_content):
        if not any(_repeats(found, other) for other in said):
            said.append(found)
    return said


def _repeats(found: Detection, other: Detection) -> bool:
    if found.class_id == other.class_id:
        return _is_part_of_line(found, other) and _is_like_part(found, other)
    if _unspaced(found) not in _unspaced(other):
        return False
    parts = part_inside(found.bbox, other.bbox), part_inside(other.bbox, found.bbox)
    return max(parts) >= REPEATED_PART_INSIDE


def _is_part_of_line(found: Detection, other: Detection) -> bool:
    """Whether a box lies along another, as one line; two lines that are close do so by less."""
    level = shared_height(found.bbox, other.bbox) >= SAME_LINE_SHARED_HEIGHT
    along = min(found.bbox[2], other.bbox[2]) - max(found.bbox[0], other.bbox[0])
    return level and along >= REPEATED_PART_INSIDE * width(found.bbox)


def _is_like_part(found: Detection, other: Detection) -> bool:
    least = PART_READ_FROM_LIKENESS * 100
    return partial_ratio(_unspaced(found), _unspaced(other), score_cutoff=least) > 0


def _unspaced(found: Detection) -> str:
    return "".join((found.text or "").split())


def _by_content(found: Detection) -> tuple[int, int, bool, float, Box, int]:
    """The longest text first, of equals the largest box: what repeats another comes after it.

    A plate comes after its number: a sign that is taken for one reaches into other lines.
    """
    text, is_plate = found.text or "", found.class_name == PLATE_CLASS
    lengths = -len(_unspaced(found)), -len(text)
    return *lengths, is_plate, -area(found.bbox), found.bbox, found.class_id


def _by_middle(found: Detection) -> tuple[float, Box, int]:
    return middle(found.bbox)[1], found.bbox, found.class_id


def _by_left(found: Detection) -> tuple[Box, int]:
    return found.bbox, found.class_id
