"""Says which detections of two frames show one thing: by where they stand and what they say."""

from collections.abc import Iterable, Mapping, Sequence
from math import dist

from rapidfuzz.distance import Levenshtein

from worker.pipeline.track.seen import Box, Seen

# Boxes that share so much of their union show one thing, unless their texts disagree.
OVERLAP = 0.2
# With texts that agree, less is enough.
OVERLAP_OF_ONE_TEXT = 0.1
# Of two different captions 98 in 100 are less alike; one of which half is covered is more.
AGREEING = 0.35
# Where boxes do not meet, only a text so much alike, of so many letters, is known again.
SAME_TEXT = 0.8
DISTINCTIVE_LETTERS = 4
# How far a text may have moved, in lengths of its box, and how much nearer it may have come.
REACH = 2.0
ZOOM = 2.0


def pair(
    before: Mapping[int, Seen], read: Mapping[int, str], now: Sequence[Seen]
) -> dict[int, int]:
    """Which of the things `before`, by track id, each index of `now` goes on with; at most one.

    `read` is the surest reading of each track so far. The surest pairs are made first.
    """
    pairs = [
        (-sure, track_id, index)
        for track_id, last in before.items()
        for index, seen in enumerate(now)
        if (sure := affinity(last, read.get(track_id, ""), seen))
    ]
    return dict(_one_to_one(sorted(pairs)))


def affinity(last: Seen, read: str, now: Seen) -> float:
    """How surely `now` is the thing last seen as `last` and read as `read`, 0 (no) to 2."""
    if last.class_name != now.class_name:
        return 0.0
    overlap = intersection_over_union(last.bbox, now.bbox)
    if not read or not now.readable:
        return overlap if overlap >= OVERLAP else 0.0
    alike = likeness(read, now.text)
    if overlap >= OVERLAP_OF_ONE_TEXT:
        return overlap + alike if alike >= AGREEING else 0.0
    known = alike >= SAME_TEXT and min(len(read), len(now.text)) >= DISTINCTIVE_LETTERS
    return alike if known and _near(last.bbox, now.bbox) else 0.0


def intersection_over_union(first: Box, second: Box) -> float:
    """What two boxes share, as a part of all that they cover, 0 to 1."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (_area(first) + _area(second) - shared)


def likeness(first: str, second: str) -> float:
    """How alike two texts are, 0 to 1, case and spaces aside."""
    return Levenshtein.normalized_similarity(_letters(first), _letters(second))


def _one_to_one(pairs: Iterable[tuple[float, int, int]]) -> Iterable[tuple[int, int]]:
    taken: set[int] = set()
    given: set[int] = set()
    for _, track_id, index in pairs:
        if track_id not in taken and index not in given:
            taken.add(track_id)
            given.add(index)
            yield index, track_id


def _near(first: Box, second: Box) -> bool:
    heights = sorted((first[3] - first[1], second[3] - second[1]))
    reach = REACH * max(first[2] - first[0], second[2] - second[0], heights[1])
    return heights[1] <= ZOOM * heights[0] and dist(_middle(first), _middle(second)) <= reach


def _letters(text: str) -> str:
    return "".join(text.casefold().split())


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
