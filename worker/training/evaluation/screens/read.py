"""How many words of screens are read, and how many of those read are there."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import chain

from worker.training.evaluation.scoring import Estimate
from worker.training.evaluation.screens.drawn import Screen
from worker.training.evaluation.words import Words, recall_and_precision, words_of
from worker.training.synth.patch import Picture

Text = Callable[[Picture], str]


def screens_read(text: Text, screens: Iterable[tuple[str, Screen]]) -> dict[str, Estimate]:
    """Recall and precision of the words in ``text``, case aside, by kind of page and over all.

    What is read of words that the edge cuts counts for nothing.
    """
    pages: defaultdict[str, list[tuple[Words, Words]]] = defaultdict(list)
    for kind, screen in screens:
        written, cut = (words_of(" ".join(words)) for words in (screen.words, screen.cut))
        pages[kind].append((written, words_of(text(screen.picture)) - (cut - written)))
    figures = {}
    for kind, found in (*pages.items(), ("all", list(chain.from_iterable(pages.values())))):
        recall, precision = recall_and_precision(found)
        figures[f"words recall, screens: {kind}"] = recall
        figures[f"words precision, screens: {kind}"] = precision
    return figures
