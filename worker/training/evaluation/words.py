"""How many of the words that are there are read, and how many of those read are there."""

from collections import Counter
from collections.abc import Iterable

from worker.training.evaluation.scoring import Estimate, ratio

Words = Counter[str]


def words_of(text: str) -> Words:
    """The text's words, case aside."""
    return Counter(text.casefold().split())


def recall_and_precision(pages: Iterable[tuple[Words, Words]]) -> tuple[Estimate, Estimate]:
    """Over pages of which it is known what is written there and what was read."""
    counts = [((written & read).total(), written.total(), read.total()) for written, read in pages]
    hits, shown, said = zip(*counts, strict=True)
    return ratio(hits, shown), ratio(hits, said)
