"""Finds a detection again where it has moved to, without a detector.

What was searched is looked for, never what the last frame showed: so a box does not drift, and a
text that changes on its way is not found again.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from worker.pipeline.boxes import clamped, grown, height, moved
from worker.pipeline.frame import Box, Detection
from worker.pipeline.scene import (
    BLUR_PIXELS,
    LEAST_DIFFERENCE,
    Blurred,
    Scene,
    Strength,
    Tolerance,
    differs,
    found_again,
    strength,
    taken,
    tolerance,
)

# Blurred over seven pixels, every second one says as much as all of what has changed; but not of
# what has moved by half of such a step.
STEP = 2
# Of what lies around a box so much moves with it, its panel: a share of its height.
PANEL_SHARE = 0.6
# How far beyond the way that it went before: looked for in every second pixel, near by first, and
# then in each.
REACHES_PIXELS, REFINED_PIXELS = (8, 32), 2

# What was around a box shows within it: as far as the blur reaches, and where the detector set an
# edge of it too far out, by these parts of the shorter side.
EDGE_PART, MOST_EDGE_PART = 12, 6


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A detection, how it and its panel looked when they were searched, and where that is now.

    start, at: the left top corner of `pixels` in the frame that was searched, and in this one.
    went: its way from the frame before. letters: what of `pixels` lies in the box.
    """

    found: Detection
    searched: Box
    pixels: Blurred
    tolerance: Tolerance
    letters: tuple[slice, slice]
    start: tuple[float, float]
    at: tuple[float, float]
    went: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def of(cls, found: Detection, scene: Scene) -> "Known":
        """What is known of a detection right after a search."""
        rows, columns = pixels_of(panel(found.bbox), scene)
        inner = pixels_of(found.bbox, scene)
        start = float(columns.start), float(rows.start)
        letters = tuple(
            slice(one.start - whole.start, one.stop - whole.start)
            for one, whole in zip(inner, (rows, columns), strict=True)
        )
        return cls(
            found=found,
            searched=found.bbox,
            pixels=scene.blurred[rows, columns].copy(),
            tolerance=tolerance(scene.grey[rows, columns], around_pixels=rows.stop - rows.start),
            letters=(letters[0], letters[1]),
            start=start,
            at=start,
        )

    def is_still(self, scene: Scene) -> bool:
        """Whether it is where it was in the frame before."""
        return not self._differs(self._corner(), scene).any()

    def in_scene(self, scene: Scene) -> "Known | None":
        """The same in the next frame, near where it was heading; None when it is not there."""
        places = (self._place(scene, reach) for reach in REACHES_PIXELS)
        place = next((one for one in places if one and self._shows_at(one, scene)), None)
        if place is None:
            return None
        rows, columns = self.letters
        at = place[0] - columns.start, place[1] - rows.start
        right, down = at[0] - self.start[0], at[1] - self.start[1]
        bbox = clamped(moved(self.searched, (right, down, right, down)), _size(scene))
        went = at[0] - self.at[0], at[1] - self.at[1]
        return replace(self, found=replace(self.found, bbox=bbox), at=at, went=went)

    def unexplained(self, scene: Scene) -> Strength:
        """How much each STEP-th pixel of its panel in the frame has changed since searched."""
        rows, columns = pixels_of(panel(self.found.bbox), scene)
        now = scene.blurred[rows, columns][::STEP, ::STEP]
        corner = columns.start - self.at[0], rows.start - self.at[1]
        then, tolerated = (
            taken(one, corner, now.shape, step=STEP) for one in (self.pixels, self.tolerance)
        )
        # Beyond what was searched there is no tolerance.
        return strength(now, then, np.maximum(tolerated, LEAST_DIFFERENCE))

    def _shows_at(self, place: tuple[float, float], scene: Scene) -> bool:
        """Whether its letters are there, whatever lies around them."""
        there = self._differs(place, scene)
        side = min(there.shape)
        edge = min(max(BLUR_PIXELS // 2, side // EDGE_PART), side // MOST_EDGE_PART)
        return not there[edge : len(there) - edge, edge : there.shape[1] - edge].any()

    def _differs(self, place: tuple[float, float], scene: Scene) -> NDArray[np.bool_]:
        """Whether its letters' pixels are others than those from a left top corner on."""
        letters = self.pixels[self.letters]
        now = taken(scene.blurred, place, letters.shape)
        return differs(now, letters, self.tolerance[self.letters])

    def _corner(self) -> tuple[float, float]:
        """The left top corner of its letters in the frame before."""
        rows, columns = self.letters
        return self.at[0] + columns.start, self.at[1] + rows.start

    def _place(self, scene: Scene, reach_pixels: int) -> tuple[float, float] | None:
        """Where the left top corner of its letters is now, or is most likely to be."""
        letters = self.pixels[self.letters]
        x, y = self._corner()
        heading = x + self.went[0], y + self.went[1]
        reach = reach_pixels // STEP
        near = found_again(
            letters[::STEP, ::STEP],
            scene.blurred[::STEP, ::STEP],
            near=(round(heading[0] / STEP), round(heading[1] / STEP)),
            within=(reach, reach),
        )
        if near is None:
            return None
        return found_again(
            letters,
            scene.blurred,
            near=(round(STEP * near[0]), round(STEP * near[1])),
            within=(REFINED_PIXELS, REFINED_PIXELS),
        )


def panel(box: Box) -> Box:
    """The box with what moves along with it."""
    margin = PANEL_SHARE * height(box)
    return grown(box, across=margin, down=margin)


def pixels_of(box: Box, scene: Scene) -> tuple[slice, slice]:
    """The rows and columns of a frame under a box, from one of every STEP on."""
    left, top, right, bottom = clamped(box, _size(scene))
    return (
        slice(int(top) // STEP * STEP, int(bottom) + 1),
        slice(int(left) // STEP * STEP, int(right) + 1),
    )


def _size(scene: Scene) -> tuple[int, int]:
    rows, columns = scene.grey.shape
    return columns, rows
