"""Matching found boxes with true ones, and the confidence intervals of their shares."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest  # type: ignore[import-untyped]

from worker.pipeline.frame import Box
from worker.pipeline.libraries import ultralytics

MATCH_OVERLAP = 0.5
SMALLEST_PIXELS = 8.0
RESAMPLES = 2000

# (n, 4) and (m, 4) boxes to (n, m): what they share by the second one's area, or by both's.
shared_areas: Callable[..., NDArray[np.float64]] = ultralytics.utils.metrics.bbox_ioa


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval, and of how many cases it is."""

    value: float
    low: float
    high: float
    cases: int


def share(hits: int, cases: int) -> Estimate:
    """A share with Wilson's interval (E. B. Wilson, JASA 22, 1927); cases above zero."""
    interval = binomtest(hits, cases).proportion_ci(method="wilson")
    return Estimate(hits / cases, float(interval.low), float(interval.high), cases)


def ratio(over: Sequence[float], under: Sequence[float]) -> Estimate:
    """The sum of ``over`` by that of ``under``, bootstrapped over their pairs (tiles, seconds).

    Pairs and not single boxes are drawn again, since boxes of one picture stand or fall
    together. NaN where ``under`` sums to zero.
    """
    pairs = np.stack([np.asarray(over, float), np.asarray(under, float)], 1)
    if not pairs[:, 1].sum():
        return Estimate(math.nan, math.nan, math.nan, 0)
    draws = np.random.default_rng(0).integers(0, len(pairs), (RESAMPLES, len(pairs)))
    sums = pairs[draws].sum(1)
    ratios = sums[sums[:, 1] > 0]
    low, high = np.quantile(ratios[:, 0] / ratios[:, 1], (0.025, 0.975))
    total = pairs.sum(0)
    return Estimate(float(total[0] / total[1]), float(low), float(high), int(total[1]))


def covered(truth: Box, found: Sequence[Box], *, least: float, largest: float) -> bool:
    """Whether one found box holds ``least`` of the true one's area, at ``largest`` times its."""
    if not found:
        return False
    shares = shared_areas(np.array(found, float), np.array([truth], float))[:, 0]
    sizes = np.array([_area(box) for box in found]) / _area(truth)
    return bool(((shares >= least) & (sizes <= largest)).any())


def matches(truth: Sequence[Box], found: Sequence[Box]) -> list[tuple[int, int]]:
    """Pairs of true and found boxes (their numbers) that overlap by half or more, best first.

    ``found`` is in falling order of confidence; each box is in one pair at most.
    """
    if not truth or not found:
        return []
    overlaps = shared_areas(np.array(truth, float), np.array(found, float), iou=True)
    pairs = []
    for number in range(len(found)):
        best = int(overlaps[:, number].argmax())
        if overlaps[best, number] >= MATCH_OVERLAP:
            pairs.append((best, number))
            overlaps[best] = -1
    return pairs


def tally(
    truth: Sequence[Box], found: Sequence[Box], *, tallest: float = math.inf
) -> tuple[int, int, int]:
    """Hits, wanted, given: recall is hits by wanted, precision hits by given.

    Text under ``SMALLEST_PIXELS``, or of ``tallest`` pixels and more, is neither asked for nor
    held against the detector.
    """
    pairs = matches(truth, found)
    wanted = [_counts(box, tallest) for box in truth]
    partners = {number: which for which, number in pairs}
    hits = sum(wanted[which] for which, _ in pairs)
    given = [
        wanted[partners[number]] if number in partners else _counts(box, tallest)
        for number, box in enumerate(found)
    ]
    return hits, sum(wanted), sum(given)


def _counts(box: Box, tallest: float) -> bool:
    return SMALLEST_PIXELS <= box[3] - box[1] < tallest


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
