"""Pairs of runs, one beside the other, and what their ratios say."""

import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

One = TypeVar("One")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some figures and their quartiles."""

    median: float
    low: float
    high: float


def alternate(
    one: Callable[[], One], other: Callable[[], Other], *, pairs: int, name: str
) -> list[tuple[One, Other]]:
    """Run both so many times, by turns, the first of a pair second in the next."""
    done: list[tuple[One, Other]] = []
    for number in range(pairs):
        sys.stderr.write(f"{name}: pair {number + 1} of {pairs}\n")
        if number % 2:
            second = other()
            done.append((one(), second))
        else:
            done.append((one(), other()))
    return done


def spread(figures: Sequence[float]) -> Spread:
    """The median and the quartiles of at least one figure."""
    if len(figures) == 1:
        return Spread(figures[0], figures[0], figures[0])
    low, median, high = statistics.quantiles(figures, n=4, method="inclusive")
    return Spread(median, low, high)
