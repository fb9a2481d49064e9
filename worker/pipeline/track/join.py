"""Says which detections of two frames show one thing: by where they stand and what they say."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import dist

from rapidfuzz.distance import Levenshtein

from worker.pipeline.boxes import height, intersection_over_union, middle, width
from worker.pipeline.frame import Box, Detection

# Below this confidence a reading says nothing about whether two texts are one.
COMPARE_FROM_CONFIDENCE = 0.6
# Boxes that share so much of their union show one thing, unless their texts disagree.
SAME_FROM_OVERLAP = 0.2
# With texts that agree, less is enough.
SAME_TEXT_FROM_OVERLAP = 0.1
# Of two different captions 98 in 100 are less alike; one of which half is covered is more.
AGREE_FROM_SIMILARITY = 0.35
# Where boxes do not meet, only a text so much alike, of so many letters, is known again.
KNOWN_AGAIN_FROM_SIMILARITY = 0.8
DISTINCTIVE_LETTERS = 4
# How far a text may have moved, in lengths of its box, and how many times larger it may be.
MOST_MOVED_LENGTHS = 2.0
MOST_ZOOM = 2.0


@dataclass(frozen=True, slots=True)
class Sign:
    """What a thing is known by: its class, where it was last, the letters of its best reading."""

    class_name: str
    bbox: Box
    letters: str

    @classmethod
    def of(cls, found: Detection) -> "Sign":
        """A detection's own; its letters are without case and spaces, none when hardly readable."""
        readable = (found.text_confidence or 0.0) >= COMPARE_FROM_CONFIDENCE
        letters = "".join((found.text or "").casefold().split()) if readable else ""
        return cls(found.class_name, found.bbox, letters)


Rule = Callable[[Sign, Sign], float]


def pair(before: Mapping[int, Sign], now: Sequence[Sign]) -> dict[int, int]:
    """Which of the things `before`, by track id, each index of `now` goes on with; at most one.

    The best pairs are made first, and only then is what is left known by its text alone.
    """
    by_index = dict(enumerate(now))
    placed = _best_pairs(before, by_index, by_place)
    taken = set(placed.values())
    gone = {track_id: sign for track_id, sign in before.items() if track_id not in taken}
    new = {index: sign for index, sign in by_index.items() if index not in placed}
    return placed | _best_pairs(gone, new, by_text)


def by_place(before: Sign, now: Sign) -> float:
    """How far one stands where the other stood, 0 (no) to 2; texts that disagree say no."""
    overlap = intersection_over_union(before.bbox, now.bbox)
    if overlap < SAME_TEXT_FROM_OVERLAP:
        return 0.0
    if not before.letters or not now.letters:
        return overlap if overlap >= SAME_FROM_OVERLAP else 0.0
    alike = Levenshtein.normalized_similarity(before.letters, now.letters)
    return overlap + alike if alike >= AGREE_FROM_SIMILARITY else 0.0


def by_text(before: Sign, now: Sign) -> float:
    """How far one says what the other said, not far from there and in like size; 0 (no) to 1."""
    if min(len(before.letters), len(now.letters)) < DISTINCTIVE_LETTERS:
        return 0.0
    alike = Levenshtein.normalized_similarity(
        before.letters, now.letters, score_cutoff=KNOWN_AGAIN_FROM_SIMILARITY
    )
    return alike if alike and _near(before.bbox, now.bbox) else 0.0


def _best_pairs(before: Mapping[int, Sign], now: Mapping[int, Sign], rule: Rule) -> dict[int, int]:
    pairs = [
        (-score, track_id, index)
        for track_id, sign in before.items()
        for index, other in now.items()
        if sign.class_name == other.class_name and (score := rule(sign, other))
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
    heights = sorted((height(first), height(second)))
    reach = MOST_MOVED_LENGTHS * max(width(first), width(second), heights[1])
    return heights[1] <= MOST_ZOOM * heights[0] and dist(middle(first), middle(second)) <= reach
