"""Makes lines level whose baseline is none: at a slant, round an arc, up or down.

A detector's box is upright whatever the line in it does. Where its baseline runs is found by
reading: the line reader is far less confident of a line that is not rectified the right way.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import cv2
import numpy as np

from worker.pipeline.boxes import cropped, may_run_up
from worker.pipeline.frame import Box, Picture, Reading

LOWEST_PIXELS = 6
# Those between are tried round the one of these that is read with most confidence.
SLANTS_DEGREES, SLANT_STEP_DEGREES = (-21.0, -14.0, -8.0, -4.0, 4.0, 8.0, 14.0, 21.0), 3.0
ARC_SHARES, ARC_STEP_FACTOR = (0.8, 0.62, 0.45, 0.3), 1.15
# A line so much longer than its box is high has next to no room to bend.
LONGEST_ARC_ASPECT = 8.0

Lines = Sequence[tuple[Picture, Box]]


class Baseline(Protocol):
    """A way for a line to run."""

    def rectified(self, cut: Picture) -> Picture | None:
        """The line that runs so from end to end of a box's pixels (h, w, 3), made level.

        None where no line could.
        """
        ...

    def near(self) -> tuple["Baseline", ...]:
        """Baselines between this one and the next that are tried."""
        ...


@dataclass(frozen=True)
class Slant:
    """Straight and at an angle, in degrees; it falls to its right where that is above 0."""

    degrees: float

    def rectified(self, cut: Picture) -> Picture | None:
        """See Baseline."""
        rows, columns = cut.shape[:2]
        turn = math.radians(abs(self.degrees))
        # A line of that length and height, so turned, has a box of so many rows and columns.
        high = (rows * math.cos(turn) - columns * math.sin(turn)) / math.cos(2 * turn)
        long = (columns * math.cos(turn) - rows * math.sin(turn)) / math.cos(2 * turn)
        if high < LOWEST_PIXELS or long < high:
            return None
        matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), self.degrees, 1.0)
        matrix[:, 2] += (long - columns) / 2, (high - rows) / 2
        size = round(long), round(high)
        level = cv2.warpAffine(cut, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(level, np.uint8)

    def near(self) -> tuple[Baseline, ...]:
        """See Baseline."""
        step = SLANT_STEP_DEGREES
        return Slant(self.degrees - step), Slant(self.degrees + step)


@dataclass(frozen=True)
class Arc:
    """Round a part of a circle, at most half of it; over: with its middle on top.

    share: the line's height as a part of its box's.
    """

    share: float
    over: bool

    def rectified(self, cut: Picture) -> Picture | None:
        """See Baseline."""
        rows, columns = cut.shape[:2]
        high, reach = self.share * rows, columns / 2
        half = _half_angle(reach, high, rows)
        outer = reach / math.sin(half)
        if high < LOWEST_PIXELS or outer - high < 1 or columns > LONGEST_ARC_ASPECT * rows:
            return None
        along, down = round(2 * half * (outer - high / 2)), round(high)
        angles = ((np.arange(along) + 0.5) / along * 2 - 1) * half
        depths = (np.arange(down) + 0.5) / down * high
        away = (outer - depths if self.over else outer - high + depths)[:, None]
        x = reach + away * np.sin(angles)
        y = outer - away * np.cos(angles) if self.over else rows - outer + away * np.cos(angles)
        places = ((x - 0.5).astype(np.float32), (y - 0.5).astype(np.float32))
        level = cv2.remap(cut, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(level, np.uint8)

    def near(self) -> tuple[Baseline, ...]:
        """See Baseline."""
        shares = self.share / ARC_STEP_FACTOR, min(0.95, self.share * ARC_STEP_FACTOR)
        return tuple(Arc(share, self.over) for share in shares)


@dataclass(frozen=True)
class Turn:
    """Up or down: level after so many quarter turns against the clock."""

    quarters: int

    def rectified(self, cut: Picture) -> Picture | None:
        """See Baseline."""
        rows, columns = cut.shape[:2]
        if columns < LOWEST_PIXELS or not may_run_up((0, 0, columns, rows)):
            return None
        return np.ascontiguousarray(np.rot90(cut, self.quarters))

    def near(self) -> tuple[Baseline, ...]:
        """See Baseline."""
        return ()


BASELINES: tuple[Baseline, ...] = (
    Turn(3),
    Turn(1),
    *(Slant(degrees) for degrees in SLANTS_DEGREES),
    *(Arc(share, over) for share in ARC_SHARES for over in (True, False)),
)


def read_rectified(lines: Lines, read: Callable[[Lines], list[Reading]]) -> list[Reading]:
    """What each box says along the baseline of which `read` is most confident; or an empty text.

    Those between that one and its neighbours are tried too.
    """
    cuts = [cropped(picture, box) for picture, box in lines]
    found = _most_confident(cuts, [BASELINES] * len(cuts), read)
    nearer = _most_confident(
        cuts, [baseline.near() if baseline else () for _, baseline in found], read
    )
    return [
        max(one, other, key=lambda reading: reading.confidence)
        for (one, _), (other, _) in zip(found, nearer, strict=True)
    ]


def _most_confident(
    cuts: Sequence[Picture],
    baselines: Sequence[Sequence[Baseline]],
    read: Callable[[Lines], list[Reading]],
) -> list[tuple[Reading, Baseline | None]]:
    ways = [list(_level(*pair)) for pair in zip(cuts, baselines, strict=True)]
    readings = iter(read([_whole(level) for group in ways for _, level in group]))
    nothing: tuple[Reading, Baseline | None] = Reading("", 0.0), None
    chosen = []
    for group in ways:
        read_so = zip(
            islice(readings, len(group)), (baseline for baseline, _ in group), strict=True
        )
        said = [(reading, baseline) for reading, baseline in read_so if reading.text]
        chosen.append(max(said, default=nothing, key=lambda one: one[0].confidence))
    return chosen


def _level(cut: Picture, baselines: Sequence[Baseline]) -> Iterator[tuple[Baseline, Picture]]:
    for baseline in baselines:
        level = baseline.rectified(cut) if min(cut.shape[:2]) >= LOWEST_PIXELS else None
        if level is not None:
            yield baseline, level


def _whole(picture: Picture) -> tuple[Picture, Box]:
    rows, columns = picture.shape[:2]
    return picture, (0.0, 0.0, float(columns), float(rows))


def _half_angle(reach: float, high: float, rows: int) -> float:
    """Half of the angle of an arc whose outer edge reaches so far aside and that has these rows."""
    least, most = 1e-3, math.pi / 2
    # Bisected: the rows rise with the angle.
    for _ in range(40):
        half = (least + most) / 2
        outer = reach / math.sin(half)
        if outer - (outer - high) * math.cos(half) > rows:
            most = half
        else:
            least = half
    return most
