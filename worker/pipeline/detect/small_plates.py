"""Looks closer at small plates, whose edges the detector misses by as much as a letter.

Only a window round each is shown to it larger: all of the picture would cost twice the time.
"""

from collections.abc import Sequence
from heapq import nsmallest

from worker.pipeline.boxes import grown, height, middle, width
from worker.pipeline.detect.letterbox import Letterbox
from worker.pipeline.detect.part_search import Searcher, is_known
from worker.pipeline.detect.scales import INPUT_PIXELS
from worker.pipeline.frame import PLATE_CLASS, Box, Detection, Frame

# In the input at the usual scale; lower ones nobody reads then either. Of 111 photos with plates
# that are 22 pixels high in the middle 4 more are read exactly.
SMALL_PLATE_PIXELS = (10, 24)
# Each is shown as high as those whose edges are found best, within what an enlargement can give.
WANTED_PIXELS, LEAST_SCALE, MOST_SCALE = 32, 1.25, 2.5
# Of a picture's, the most confident: a thousand false ones would take half a minute.
MOST_PLATES = 16
# A side of the window, in the input at that scale: room for the back of a car.
WINDOW_PIXELS = 256
# By these parts of a plate's width and height what belongs to it may stand beside it.
AROUND_ACROSS, AROUND_DOWN = 0.5, 0.75


def looked_closer(
    searcher: Searcher, frame: Frame, found: Sequence[Detection], known: Sequence[Detection] = ()
) -> list[Detection]:
    """What was found, with small plates and what stands on them as a closer look finds them.

    known: what else is in the frame. Where the closer look sees no plate all stays as it was.
    """
    share = INPUT_PIXELS / max(frame.size)
    least, most = SMALL_PLATE_PIXELS
    small = [
        one
        for one in found
        if one.class_name == PLATE_CLASS
        and not one.is_doubtful
        and least <= share * height(one.bbox) < most
    ]
    result = list(found)
    for plate in nsmallest(MOST_PLATES, small, key=lambda one: (-one.confidence, one.bbox)):
        if plate not in result:
            continue
        scale = WANTED_PIXELS / (share * height(plate.bbox))
        letterbox = searcher.letterbox(frame.size, scale=min(max(scale, LEAST_SCALE), MOST_SCALE))
        left, top, right, bottom = _window(letterbox, plate.bbox)
        picture = letterbox.fit(frame.picture)
        ((rows, all_numbers),) = searcher.infer([picture[top:bottom, left:right]])
        rows[:, :4] += (left, top, left, top)
        around = grown(
            plate.bbox,
            across=AROUND_ACROSS * width(plate.bbox),
            down=AROUND_DOWN * height(plate.bbox),
        )
        closer = [one for one in searcher.detections(rows, letterbox) if _is_in(one, around)]
        if all_numbers and any(one.class_name == PLATE_CLASS for one in closer):
            result = [one for one in result if not _is_in(one, around)]
            result += [one for one in closer if not is_known(one, known)]
    return sorted(result, key=lambda one: -one.confidence) if small else list(found)


def _window(letterbox: Letterbox, box: Box) -> tuple[int, int, int, int]:
    """The window round the box, inside the input: left, top, right, bottom."""
    x, y = middle(letterbox.place(box))
    wide, high = (min(WINDOW_PIXELS, side) for side in letterbox.padded)
    left = min(max(0, round(x - wide / 2)), letterbox.padded[0] - wide)
    top = min(max(0, round(y - high / 2)), letterbox.padded[1] - high)
    return left, top, left + wide, top + high


def _is_in(one: Detection, around: Box) -> bool:
    x, y = middle(one.bbox)
    return around[0] <= x <= around[2] and around[1] <= y <= around[3]
