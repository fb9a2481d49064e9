"""Puts what was found into the order in which a person reads it."""

from collections.abc import Iterable, Sequence

from worker.pipeline.boxes import middle, part_inside, shared_height
from worker.pipeline.frame import Box, Detection

SAME_LINE_SHARED_HEIGHT = 0.5
REPEATED_PART_INSIDE = 0.8


def in_lines(detections: Iterable[Detection]) -> list[list[Detection]]:
    """Detections as lines from top to bottom, each from left to right.

    Two stand on one line when they share at least half of the lower one's height.
    """
    lines: list[list[Detection]] = []
    for found in sorted(detections, key=_by_middle):
        if lines and shared_height(lines[-1][0].bbox, found.bbox) >= SAME_LINE_SHARED_HEIGHT:
            lines[-1].append(found)
        else:
            lines.append([found])
    return [sorted(line, key=_by_left) for line in lines]


def joined_text(lines: Sequence[Sequence[Detection]]) -> str:
    """What was read, a space between neighbours and a line break between lines.

    What a box inside another one only repeats, the letters on a plate, is said once.
    """
    everything = [found for line in lines for found in line]
    rows = (
        " ".join(found.text for found in line if found.text and not _repeats(found, everything))
        for line in lines
    )
    return "\n".join(row for row in rows if row)


def _repeats(found: Detection, others: Iterable[Detection]) -> bool:
    return any(
        found.class_id != other.class_id
        and (found.text or "") in (other.text or "")
        and part_inside(found.bbox, other.bbox) >= REPEATED_PART_INSIDE
        for other in others
    )


def _by_middle(found: Detection) -> tuple[float, Box, int]:
    return middle(found.bbox)[1], found.bbox, found.class_id


def _by_left(found: Detection) -> tuple[Box, int]:
    return found.bbox, found.class_id
