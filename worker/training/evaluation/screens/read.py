"""How many words of screens are read, and how many of those read are there."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import chain

from worker.training.evaluation.scoring import Estimate, ratio
from worker.training.evaluation.screens.drawn import Screen
from worker.training.synth.patch import Picture

Text = Callable[[Picture], str]
Tally = tuple[int, int, int]


def screens_read(text: Text, screens: Iterable[tuple[str, Screen]]) -> dict[str, Estimate]:
    """Recall and precision of the words in ``text``, case aside, by kind of page and over all.

    What is read of words that the edge cuts counts for nothing.
    """
    tallies: defaultdict[str, list[Tally]] = defaultdict(list)
    for kind, screen in screens:
        wanted, cut = _counted(screen.words), _counted(screen.cut)
        given = _counted(text(screen.picture).split())
        given -= cut - wanted
        tally = (wanted & given).total(), wanted.total(), given.total()
        tallies[kind].append(tally)
    figures = {}
    for kind, found in (*tallies.items(), ("all", list(chain.from_iterable(tallies.values())))):
        hits, shown, said = zip(*found, strict=True)
        figures[f"words recall, screens: {kind}"] = ratio(hits, shown)
        figures[f"words precision, screens: {kind}"] = ratio(hits, said)
    return figures


def _counted(words: Iterable[str]) -> Counter[str]:
    return Counter(word.casefold() for word in words)
