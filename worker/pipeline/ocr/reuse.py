"""What was read once and looks the same is not read again.

A crop is compared with the pixels that were read, never with the previous frame's: a slow fade adds
up until it is read again.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from worker.pipeline.boxes import grown, height, middle, moved, width
from worker.pipeline.checkpoint import unpacked
from worker.pipeline.frame import Box, Grey
from worker.pipeline.ocr.regions import Read, Region
from worker.pipeline.scene import (
    Blurred,
    Scene,
    Tolerance,
    blurred,
    differs,
    found_again,
    taken,
    tolerance,
)

# What is compared beyond the box, in shares of its width and height, and at least in pixels. A box
# may differ from the one that was read by as much: what it shows was looked at then.
MARGIN_SHARES = 0.04, 0.12
MARGIN_PIXELS = 3
# How far from where its box has moved to the same crop is looked for.
SEARCH_SHARES, SEARCH_PIXELS = (0.04, 0.1), 3
# A screen full of small print has a hundred lines and more, and some of what went comes back.
MOST_CROPS = 256
MOST_COMPARED = 3


@dataclass(frozen=True, slots=True, eq=False)
class _Crop:
    """What was read: of which region, and the pixels of its box and the margins around."""

    class_id: int
    is_plates_number: bool
    box: Box
    left: int
    top: int
    grey: Grey
    blurred: Blurred
    tolerance: Tolerance


@dataclass(frozen=True, slots=True, eq=False)
class CropsMemory:
    """What is known of a video after some of its frames, the crop that was seen last at the end."""

    crops: dict[int, _Crop] = field(default_factory=dict)
    texts: dict[int, Read] = field(default_factory=dict)
    last: int = 0


class ReadCrops:
    """The crops of one video that were read last, a bounded number of them, and their texts.

    See Stage.start for its memory.
    """

    def __init__(self, memory: bytes | None = None) -> None:
        before = unpacked(memory, CropsMemory) if memory else CropsMemory()
        self._crops = OrderedDict(before.crops)
        self._texts, self._last = before.texts, before.last

    def memory(self) -> CropsMemory:
        """See Step.memory."""
        return CropsMemory(dict(self._crops), dict(self._texts), self._last)

    def read(
        self, regions: Sequence[Region], reader: Callable[[Sequence[Region]], list[Read]]
    ) -> list[Read]:
        """What each region says; `reader` is asked for those that look like none before."""
        numbers: list[int] = []
        fresh: dict[int, Region] = {}
        for _, group in groupby(regions, key=lambda region: id(region.picture)):
            together = list(group)
            scene = Scene.of(together[0].picture)
            for region in together:
                number = self._same(scene, region)
                if number is None:
                    number = self._add(scene, region)
                    fresh[number] = region
                numbers.append(number)
            self._drop_oldest()
        self._texts.update(zip(fresh, reader(list(fresh.values())), strict=True))
        read = [self._texts[number] for number in numbers]
        self._texts = {number: self._texts[number] for number in self._crops}
        for number in fresh:
            if number in self._texts and self._texts[number] is None:
                del self._crops[number], self._texts[number]
        return read

    def _same(self, scene: Scene, region: Region) -> int | None:
        for number in list(self._likely(region)):
            crop = self._crops[number]
            box = region.found.bbox
            if _same_in_place(crop, scene, box) or _same_elsewhere(crop, scene, box):
                self._crops.move_to_end(number)
                return number
        return None

    def _add(self, scene: Scene, region: Region) -> int:
        self._last += 1
        self._crops[self._last] = _crop(scene, region)
        return self._last

    def _drop_oldest(self) -> None:
        """After each frame, so that it makes no difference which frames came together."""
        while len(self._crops) > MOST_CROPS:
            self._crops.popitem(last=False)

    def _likely(self, region: Region) -> Iterator[int]:
        """Crops of such a region and about its size, the nearest first, the newer of two."""
        box = region.found.bbox
        across, down = _margins(box)
        near = [
            (_distance(crop.box, box), -number)
            for number, crop in self._crops.items()
            if (crop.class_id, crop.is_plates_number)
            == (region.found.class_id, region.is_plates_number)
            and abs(width(crop.box) - width(box)) <= 2 * across
            and abs(height(crop.box) - height(box)) <= 2 * down
        ]
        return (-number for _, number in sorted(near)[:MOST_COMPARED])


def _crop(scene: Scene, region: Region) -> _Crop:
    box = region.found.bbox
    across, down = _margins(box)
    rows, columns = _pixels(grown(box, across=across, down=down))
    grey = scene.grey[rows, columns].copy()
    return _Crop(
        class_id=region.found.class_id,
        is_plates_number=region.is_plates_number,
        box=box,
        left=columns.start,
        top=rows.start,
        grey=grey,
        blurred=scene.blurred_part(rows, columns),
        # The contrast is that of the letters: a line's height around each pixel has some.
        tolerance=tolerance(grey, around_pixels=grey.shape[0]),
    )


def _same_in_place(crop: _Crop, scene: Scene, box: Box) -> bool:
    if not _shows(box, crop, 0, 0):
        return False
    rows, columns = crop.grey.shape
    now = scene.blurred_part(
        slice(crop.top, crop.top + rows), slice(crop.left, crop.left + columns)
    )
    return now.shape == crop.blurred.shape and not differs(now, crop.blurred, crop.tolerance).any()


def _same_elsewhere(crop: _Crop, scene: Scene, box: Box) -> bool:
    """The same where the box is now; of what lies around a moved text nothing is compared."""
    (x, y), (own_x, own_y) = middle(box), middle(crop.box)
    at = found_again(
        crop.grey,
        scene.grey,
        near=(crop.left + round(x - own_x), crop.top + round(y - own_y)),
        within=(
            SEARCH_PIXELS + round(SEARCH_SHARES[0] * width(crop.box)),
            SEARCH_PIXELS + round(SEARCH_SHARES[1] * height(crop.box)),
        ),
    )
    if at is None or not _shows(box, crop, at[0] - crop.left, at[1] - crop.top):
        return False
    now = blurred(taken(scene.grey, at, crop.grey.shape))
    across, down = (max(1, int(margin)) for margin in _margins(crop.box))
    inside = slice(down, -down), slice(across, -across)
    return not differs(now[inside], crop.blurred[inside], crop.tolerance[inside]).any()


def _shows(box: Box, crop: _Crop, right: float, down: float) -> bool:
    """Whether the box is the crop's own, moved, give or take the margins that were compared."""
    limits = _margins(crop.box) * 2
    own = moved(crop.box, (right, down, right, down))
    return all(abs(now - then) <= limit for now, then, limit in zip(box, own, limits, strict=True))


def _pixels(box: Box) -> tuple[slice, slice]:
    """The rows and columns under a box; what lies outside of the frame is none."""
    left, top, right, bottom = (max(0, int(side)) for side in box)
    return slice(top, bottom + 1), slice(left, right + 1)


def _margins(box: Box) -> tuple[float, float]:
    return (
        max(MARGIN_PIXELS, MARGIN_SHARES[0] * width(box)),
        max(MARGIN_PIXELS, MARGIN_SHARES[1] * height(box)),
    )


def _distance(one: Box, other: Box) -> float:
    """Between two boxes' middles, in pixels along the sides."""
    return sum(abs(a - b) for a, b in zip(middle(one), middle(other), strict=True))
