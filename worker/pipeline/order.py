"""Puts what was found into the order in which a person reads it."""

from collections.abc import Iterable

from worker.pipeline.frame import Box, Detection

SAME_LINE = 0.5


def in_lines(detections: Iterable[Detection]) -> list[list[Detection]]:
    """Detections as lines from top to bottom, each from left to right.

    Two stand on one line when they share at least half of the lower one's height.
    """
    lines: list[list[Detection]] = []
    for found in sorted(detections, key=_by_middle):
        if lines and _shared(lines[-1][0].bbox, found.bbox) >= SAME_LINE:
            lines[-1].append(found)
        else:
            lines.append([found])
    return [sorted(line, key=_by_left) for line in lines]


def joined_text(lines: Iterable[Iterable[Detection]]) -> str:
    """What was read, a space between neighbours and a line break between lines."""
    rows = (" ".join(found.text for found in line if found.text) for line in lines)
    return "\n".join(row for row in rows if row)


def _by_middle(found: Detection) -> tuple[float, Box, int]:
    _, top, _, bottom = found.bbox
    return (top + bottom) / 2, found.bbox, found.class_id


def _by_left(found: Detection) -> tuple[Box, int]:
    return found.bbox, found.class_id


def _shared(first: Box, second: Box) -> float:
    overlap = min(first[3], second[3]) - max(first[1], second[1])
    lower = min(first[3] - first[1], second[3] - second[1])
    return overlap / lower if lower > 0 else 0.0
