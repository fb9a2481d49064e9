"""Votes on what a text says, character by character, from all its readings."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rapidfuzz.distance import Levenshtein

# How many different readings of one text are kept; of one too many the least confident goes.
MAX_READINGS = 32
# So many missing characters in a row were covered, not denied: that reading abstains on them.
COVERED_FROM_CHARACTERS = 3
# What a character counts against a reading that has it, where a character shared counts 1.
UNSHARED_PENALTY = 0.3

# A reading is firm from the first confidence by itself, from the second when it says the same as
# the one before it.
FIRM_FROM_CONFIDENCE = 0.93
FIRM_AGAIN_FROM_CONFIDENCE = 0.8
# A clock or a counter: of the firm readings of one length, which a covered text has not, those
# other than the commonest outnumber it so many times.
CHANGING_ABOVE_RATIO = 2

Place = tuple[int, int]
Votes = defaultdict[str, float]


@dataclass(frozen=True, slots=True)
class Consensus:
    """The voted text; its confidence is the highest reading's times the votes' mean agreement."""

    text: str
    confidence: float


@dataclass(slots=True)
class Ballot:
    """The readings of one text; its size is bounded, however long the text is shown."""

    _weights: dict[str, float] = field(default_factory=dict)
    _highest: float = 0.0
    _firm: dict[str, int] = field(default_factory=dict)
    _firm_of_length: dict[int, int] = field(default_factory=dict)
    _last: str = ""

    def add(self, text: str, confidence: float) -> None:
        """Count one frame's reading, weighing it by its confidence (0 to 1)."""
        self._weights[text] = self._weights.get(text, 0.0) + _weight(confidence)
        self._highest = max(self._highest, confidence)
        needed = FIRM_AGAIN_FROM_CONFIDENCE if text == self._last else FIRM_FROM_CONFIDENCE
        if confidence >= needed:
            self._firm[text] = self._firm.get(text, 0) + 1
            self._firm_of_length[len(text)] = self._firm_of_length.get(len(text), 0) + 1
        self._last = text
        self._drop_one_too_many()

    def consensus(self) -> Consensus | None:
        """What the readings say together; None when they say nothing, or the text changes."""
        if not self._weights or self._changes():
            return None
        text, agreement = vote(self._weights)
        return Consensus(text, self._highest * agreement) if text else None

    def _changes(self) -> bool:
        if not self._firm_of_length:
            return False
        length, in_all = max(self._firm_of_length.items(), key=lambda item: (item[1], item[0]))
        same = (times for text, times in self._firm.items() if len(text) == length)
        commonest = max(same, default=0)
        return in_all - commonest > CHANGING_ABOVE_RATIO * commonest

    def _drop_one_too_many(self) -> None:
        if len(self._weights) > MAX_READINGS:
            dropped = min(self._weights, key=lambda text: (self._weights[text], text))
            del self._weights[dropped]
            self._firm.pop(dropped, None)


def vote(weights: Mapping[str, float]) -> tuple[str, float]:
    """The text that weighted readings (at least one) agree on, and how much they do, 0 to 1.

    Each is aligned to the most typical of them; every character, and every gap between two, is
    then decided by weight.
    """
    typical = _most_typical(weights)
    votes: defaultdict[Place, Votes] = defaultdict(lambda: defaultdict(float))
    for text, weight in weights.items():
        for place, character in _ballot(typical, text):
            votes[place][character] += weight
    total = sum(weights.values())
    for place, cast in votes.items():
        if place[1]:
            cast[""] += total - sum(cast.values())
    winners = {place: _winner(votes[place]) for place in sorted(votes)}
    shares = [
        votes[place][winner] / sum(votes[place].values()) for place, winner in winners.items()
    ]
    return " ".join("".join(winners.values()).split()), sum(shares) / len(shares)


def _weight(confidence: float) -> float:
    return max(confidence, 0.01) ** 2


def _most_typical(weights: Mapping[str, float]) -> str:
    return min(weights, key=lambda text: (-_shared(text, weights), -weights[text], text))


def _shared(text: str, weights: Mapping[str, float]) -> float:
    total = 0.0
    for other, weight in weights.items():
        common = max(len(text), len(other)) - Levenshtein.distance(text, other)
        total += weight * (common - UNSHARED_PENALTY * (len(text) - common))
    return total


def _ballot(typical: str, text: str) -> Iterator[tuple[Place, str]]:
    """What a reading votes for: (i, 0) is typical's character i, (i, -n) the n-th before it."""
    for edit in Levenshtein.opcodes(typical, text):
        start, length = edit.src_start, edit.src_end - edit.src_start
        read = text[edit.dest_start : edit.dest_end]
        if edit.tag == "insert":
            if len(read) < COVERED_FROM_CHARACTERS:
                yield from (((start, n - len(read)), character) for n, character in enumerate(read))
        elif edit.tag != "delete" or length < COVERED_FROM_CHARACTERS:
            for offset in range(length):
                yield (start + offset, 0), read[offset] if read else ""


def _winner(cast: Votes) -> str:
    return min(cast, key=lambda character: (-cast[character], character))
