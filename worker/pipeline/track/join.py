"""Says which detections of two frames show one thing: by where they stand and what they say."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Sign:
    """What a thing is known by: its class, where it was last, the letters of its surest reading."""

    class_name: str
    bbox: Box
    letters: str

    @classmethod
    def of(cls, seen: Seen) -> "Sign":
        """A detection's own."""
        return cls(seen.class_name, seen.bbox, seen.letters)


Rule = Callable[[Sign, Sign], float]


def pair(before: Mapping[int, Sign], now: Sequence[Sign]) -> dict[int, int]:
    """Which of the things `before`, by track id, each index of `now` goes on with; at most one.

    The surest pairs are made first, and only then is what is left known by its text alone.
    """
    by_index = dict(enumerate(now))
    placed = _surest_pairs(before, by_index, by_place)
    taken = set(placed.values())
    gone = {track_id: sign for track_id, sign in before.items() if track_id not in taken}
    new = {index: sign for index, sign in by_index.items() if index not in placed}
    return placed | _surest_pairs(gone, new, by_text)


def by_place(before: Sign, now: Sign) -> float:
    """How surely one stands where the other stood, 0 (no) to 2; texts that disagree say no."""
    overlap = intersection_over_union(before.bbox, now.bbox)
    if overlap < OVERLAP_OF_ONE_TEXT:
        return 0.0
    if not before.letters or not now.letters:
        return overlap if overlap >= OVERLAP else 0.0
    alike = Levenshtein.normalized_similarity(before.letters, now.letters)
    return overlap + alike if alike >= AGREEING else 0.0


def by_text(before: Sign, now: Sign) -> float:
    """How surely one says what the other said, not far from there and in like size; 0 (no) to 1."""
    if min(len(before.letters), len(now.letters)) < DISTINCTIVE_LETTERS:
        return 0.0
    alike = Levenshtein.normalized_similarity(before.letters, now.letters, score_cutoff=SAME_TEXT)
    return alike if alike and _near(before.bbox, now.bbox) else 0.0


def intersection_over_union(first: Box, second: Box) -> float:
    """What two boxes share, as a part of all that they cover, 0 to 1."""
    if first[2] <= second[0] or second[2] <= first[0]:
        return 0.0
    if first[3] <= second[1] or second[3] <= first[1]:
        return 0.0
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = width * height
    return shared / (_area(first) + _area(second) - shared)


def _surest_pairs(
    before: Mapping[int, Sign], now: Mapping[int, Sign], rule: Rule
) -> dict[int, int]:
    pairs = [
        (-sure, track_id, index)
        for track_id, sign in before.items()
        for index, other in now.items()
        if sign.class_name == other.class_name and (sure := rule(sign, other))
    ]
    return dict(_one_to_one(sorted(pairs)))


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


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
