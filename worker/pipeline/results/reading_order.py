"""Puts what was found into the order in which a person reads it."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from rapidfuzz.fuzz import partial_ratio

from worker.pipeline.boxes import area, may_run_up, middle, part_inside, shared_height, width
from worker.pipeline.frame import LIKELY_FROM_CONFIDENCE, PLATE_CLASS, Box, Detection

SAME_LINE_SHARED_HEIGHT = 0.5
REPEATED_PART_INSIDE = 0.8
# A single letter or two are higher than wide whichever way they run.
SHORTEST_UPRIGHT = 3
# Of the letters of a line's part, read a second time, so many are read as in the whole line.
PART_READ_FROM_LIKENESS = 0.75
# What is less confident is left out of a frame's text. A plate's confidence is that of all its
# characters at once, a line's that of one: a number of .2 is right but for one character mostly.
SAID_FROM_CONFIDENCE: Mapping[str, float] = MappingProxyType({PLATE_CLASS: 0.2})


def in_lines(detections: Iterable[Detection]) -> list[list[Detection]]:
    """Detections as lines from top to bottom, each from left to right.

    Two stand on one line when they share at least half of the lower one's height; one that runs up
    or down is a line of its own.
    """
    lines: list[list[Detection]] = []
    upright: list[list[Detection]] = []
    for found in sorted(detections, key=_by_middle):
        if _runs_up(found):
            upright.append([found])
        elif lines and shared_height(lines[-1][0].bbox, found.bbox) >= SAME_LINE_SHARED_HEIGHT:
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


def _runs_up(found: Detection) -> bool:
    return may_run_up(found.bbox) and len(_unspaced(found)) >= SHORTEST_UPRIGHT


def _is_likely(found: Detection) -> bool:
    least = SAID_FROM_CONFIDENCE.get(found.class_name, LIKELY_FROM_CONFIDENCE)
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


def _by_content(found: Detection) -> tuple[int, float, Box, int]:
    """The longest text first, of equals the largest box: what repeats another comes after it."""
    return -len(_unspaced(found)), -area(found.bbox), found.bbox, found.class_id


def _by_middle(found: Detection) -> tuple[float, Box, int]:
    return middle(found.bbox)[1], found.bbox, found.class_id


def _by_left(found: Detection) -> tuple[Box, int]:
    return found.bbox, found.class_id
