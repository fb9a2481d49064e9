"""Searches of a frame only what has changed since it was searched, and did not just move.

Pixels are compared with those that were searched, never with the frame before: what changes slowly
adds up until it counts.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.checkpoint import unpacked
from worker.pipeline.detect.follow import STEP, Known, panel, pixels_of
from worker.pipeline.detect.part_search import Searcher, search_windows
from worker.pipeline.detect.scales import USUAL_SCALE, scale_of
from worker.pipeline.detect.small_plates import looked_closer
from worker.pipeline.detect.windows import BLOCK_PIXELS, Blocks, blocks_of
from worker.pipeline.frame import Box, Frame, FrameError
from worker.pipeline.scene import (
    BLUR_PIXELS,
    Blurred,
    Scene,
    Strength,
    Tolerance,
    strength,
    tolerance,
)

CELL = BLOCK_PIXELS // STEP
# The contrast that a pixel's change is measured by is that of a line of text around it.
CONTRAST_PIXELS = 30
# A change counts from the first pixel on that differs by so many times what is tolerated. The grain
# of a camera and a key frame make 2.4; lines that are found, 3.2 at the least (12 pixels high, 16
# grey levels of contrast).
STRONG = 2.6
# In every STEP-th pixel: nothing that changes in a blurred picture is narrower, and nothing that is
# left at a blurred edge as wide as the other. A line of 10 pixels is seven high.
BLURRED_STEPS, EDGE_STEPS = BLUR_PIXELS // STEP, 6
# From this part of a frame on, a search of all of it costs little more.
SEARCH_ALL_FROM_PART = 0.6
# Where a panel was there is no text when what it left is so even, in grey levels within AROUND of
# every STEP-th pixel.
EVEN_LEVELS = 12
AROUND = np.ones((5, 5), np.uint8)

BLOCK = np.ones((CELL, CELL), np.uint8)

Pixels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Searched:
    """What every STEP-th pixel of a frame looked like when it was searched."""

    pixels: Blurred
    tolerance: Tolerance

    @classmethod
    def of(cls, scene: Scene) -> "_Searched":
        """All of a frame."""
        around = CONTRAST_PIXELS // STEP
        tolerated = tolerance(scene.grey[::STEP, ::STEP], around_pixels=around)
        return cls(cls.pixels_of(scene), tolerated)

    @staticmethod
    def pixels_of(scene: Scene) -> Blurred:
        """What of a frame is compared."""
        return np.ascontiguousarray(scene.blurred[::STEP, ::STEP])


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """By how many times what is tolerated every STEP-th pixel of a frame has changed.

    None when all of it counts as changed.
    """

    scene: Scene
    strength: Strength | None


@dataclass(frozen=True, slots=True, eq=False)
class SearchMemory:
    """What is known of a video after some of its frames."""

    searched: _Searched | None = None
    known: tuple[Known, ...] = ()
    error: FrameError | None = None


class ChangedParts:
    """The search of one video's frames; see Stage.start for its memory."""

    def __init__(
        self, searcher: Searcher, counts: Counter[str], memory: bytes | None = None
    ) -> None:
        before = unpacked(memory, SearchMemory) if memory else SearchMemory()
        self._searcher = searcher
        self._counts = counts
        self._searched, self._known, self._error = before.searched, before.known, before.error

    def __call__(self, frames: Sequence[Frame]) -> list[Frame]:
        """The frames with what is in each, found there or where it looked the same."""
        changes = [self._change(frame) for frame in frames]
        anew = [
            frame for frame, change in zip(frames, changes, strict=True) if change.strength is None
        ]
        # What is to be searched depends on pixels alone, so whole frames go to all cores at once.
        whole = iter(self._searcher.search(anew))
        return [
            self._found(frame, change, whole) for frame, change in zip(frames, changes, strict=True)
        ]

    def memory(self) -> SearchMemory:
        """See Step.memory."""
        return SearchMemory(self._searched, self._known, self._error)

    def _change(self, frame: Frame) -> _Change:
        """What of the frame has changed since it was searched; from here on that is searched."""
        scene, seen = Scene.of(frame.picture), self._searched
        now = _Searched.pixels_of(scene)
        if seen is None or seen.pixels.shape != now.shape:
            self._searched = _Searched.of(scene)
            return _Change(scene, None)
        changed = strength(now, seen.pixels, seen.tolerance)
        blocks = _changed_blocks(changed)
        if not blocks.any():
            return _Change(scene, np.zeros_like(changed))
        anew = _Searched.of(scene)
        if blocks.mean() >= SEARCH_ALL_FROM_PART:
            self._searched = anew
            return _Change(scene, None)
        around = _pixels(blocks, changed.shape)
        self._searched = _Searched(
            np.where(around, anew.pixels, seen.pixels),
            np.where(around, anew.tolerance, seen.tolerance),
        )
        return _Change(scene, changed * around)

    def _found(self, frame: Frame, change: _Change, whole: Iterator[Frame]) -> Frame:
        if change.strength is None:
            return self._anew(next(whole), change.scene)
        followed, blocks = self._followed(change.scene, change.strength)
        kept = [known for known in followed if not blocks[blocks_of(known.found.bbox)].any()]
        scale = scale_of(frame.size, (known.found for known in self._known))
        there = [known.found for known in kept]
        fresh = search_windows(self._searcher, frame, blocks, there, scale=scale)
        if fresh is not None and scale == USUAL_SCALE:
            fresh = looked_closer(self._searcher, frame, fresh, there)
        if fresh is None:
            return self._anew(self._searcher.search([frame])[0], change.scene)
        self._counts["frames_searched_in_part" if blocks.any() else "frames_reused"] += 1
        self._known = (*kept, *(Known.of(found, change.scene) for found in fresh))
        found = sorted((known.found for known in self._known), key=lambda one: -one.confidence)
        return replace(frame, detections=tuple(found), error=frame.error or self._error)

    def _anew(self, frame: Frame, scene: Scene) -> Frame:
        """Begin again with a frame that was searched whole."""
        self._counts["frames_searched"] += 1
        self._known = tuple(Known.of(found, scene) for found in frame.detections)
        self._error = frame.error
        return frame

    def _followed(self, scene: Scene, changed: Strength) -> tuple[list[Known], Blocks]:
        """What is known, where it is now; and which blocks have changed for another reason."""
        unexplained = changed.copy()
        trails: list[Box] = []
        followed: list[Known] = []
        lost: list[Box] = []
        for known in self._known:
            if known.is_still(scene):
                followed.append(known)
            elif (now := known.in_scene(scene)) is not None:
                followed.append(now)
                around = _every_step(pixels_of(panel(now.found.bbox), scene))
                left = now.unexplained(scene)
                unexplained[around] = np.minimum(unexplained[around], left)
                trails += [panel(known.found.bbox), panel(now.found.bbox)]
            else:
                lost.append(known.found.bbox)
        for box in trails:
            _take_out_ground(unexplained, scene, box)
        blocks = _changed_blocks(unexplained)
        for box in lost:
            blocks[blocks_of(box)] = True
        for known in followed:
            if blocks[blocks_of(known.found.bbox)].any():
                blocks[blocks_of(known.found.bbox)] = True
        return followed, blocks


def _changed_blocks(changed: Strength) -> Blocks:
    """The blocks with a change in them that counts somewhere, in these or in blocks beside them."""
    strong = _blocks(changed > STRONG)
    if not strong.any():
        return strong
    weak = _blocks(_thick(changed > 1, BLURRED_STEPS))
    _, parts = cv2.connectedComponents(weak.astype(np.uint8))
    return weak & np.isin(parts, parts[weak & strong])


def _pixels(blocks: Blocks, shape: tuple[int, ...]) -> Pixels:
    """A view's pixels that are in the blocks."""
    return blocks.repeat(CELL, 0).repeat(CELL, 1)[: shape[0], : shape[1]]


def _blocks(pixels: Pixels) -> Blocks:
    """The blocks in which there is one of the pixels of a view."""
    return np.asarray(cv2.dilate(pixels.astype(np.uint8), BLOCK, anchor=(0, 0))[::CELL, ::CELL] > 0)


def _take_out_ground(changed: Strength, scene: Scene, box: Box) -> None:
    """Take out of the changes in the box those that no text has made.

    They are about alike with those around them, or stand in strips as thin as the edges of a panel
    that has moved over another ground.
    """
    rows, columns = _every_step(pixels_of(box, scene))
    part, values = changed[rows, columns] > 1, scene.blurred[::STEP, ::STEP][rows, columns]
    if not part.any():
        return
    highest = cv2.dilate(np.where(part, values, 0), AROUND)
    lowest = cv2.erode(np.where(part, values, 255), AROUND)
    part &= cv2.subtract(highest, lowest) > EVEN_LEVELS
    changed[rows, columns] *= _thick(part, EDGE_STEPS)


def _thick(pixels: Pixels, least: int) -> Pixels:
    """Those of a view's pixels that stand in a square of so many times as many, or more."""
    square = np.ones((least, least), np.uint8)
    return np.asarray(cv2.morphologyEx(pixels.astype(np.uint8), cv2.MORPH_OPEN, square) > 0)


def _every_step(area: tuple[slice, slice]) -> tuple[slice, slice]:
    """The same rows and columns among every STEP-th pixels."""
    rows, columns = (slice(one.start // STEP, -(-one.stop // STEP)) for one in area)
    return rows, columns
