"""Where a video's plates were issued, told from all of them, and what that says of each."""

import functools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from config.regions import ANYWHERE
from worker.pipeline.ocr.plates.formats import COUNTRIES, country_of, is_issued, pattern_of
from worker.pipeline.ocr.plates.guesses import LOOK_ALIKES

# Of the plates in a country's streets so many are from elsewhere, or in no format of it.
FOREIGN_SHARE = 0.05
# How likely the numbers must make one country before it decides anything.
LEAST_PROBABILITY = 0.95


def origin(numbers: Iterable[str]) -> str:
    """The country of REGIONS whose numbers these are; ANYWHERE where they do not tell.

    By Bayes: countries are as likely as they have vehicles, a country's formats as its vehicles
    have them. A number counts as whichever of its look-alikes suits the country best.
    """
    shares = _shares()
    looks = [{pattern_of(like) for like in _alike(number)} for number in sorted(set(numbers))]
    elsewhere = FOREIGN_SHARE / len({one for formats in shares.values() for one in formats})
    scores = {
        country: math.log(_vehicles(country))
        + sum(
            math.log(elsewhere + (1 - FOREIGN_SHARE) * max(formats.get(one, 0.0) for one in look))
            for look in looks
        )
        for country, formats in shares.items()
    }
    best = max(scores, key=lambda country: (scores[country], country))
    others = sum(math.exp(score - scores[best]) for score in scores.values())
    return best if 1 / others >= LEAST_PROBABILITY else ANYWHERE


def as_issued(number: str, region: str) -> str:
    """What looks like the number, O taken for 0 or I for 1 or the reverse, and is issued there.

    Itself where it is in one, or where nothing of its look is.
    """
    if is_issued(number, region):
        return number
    return next((like for like in _alike(number) if is_issued(like, region)), number)


def _alike(number: str) -> Iterator[str]:
    """The number and all that look like it, those with the fewest changes first."""
    looks = ("".join(like) for like in product(*(LOOK_ALIKES.get(one, one) for one in number)))
    return iter(sorted(looks, key=lambda like: (_changes(like, number), like)))


def _changes(like: str, number: str) -> int:
    return sum(one != other for one, other in zip(like, number, strict=True))


def _vehicles(country: str) -> float:
    return sum(one.vehicles for code, one in COUNTRIES.items() if country_of(code) == country)


@functools.cache
def _shares() -> Mapping[str, Mapping[str, float]]:
    """Of each country's vehicles the share that has a format, by pattern."""
    shares: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for code, state in COUNTRIES.items():
        country = country_of(code)
        for one in state.formats:
            share = state.vehicles / len(state.formats) / _vehicles(country)
            shares[country][one.replace("_", "")] += share
    return shares
