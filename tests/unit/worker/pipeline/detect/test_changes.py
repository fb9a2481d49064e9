"""A detector is asked only for what has changed, and nothing that changed goes unasked."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from tests.unit.worker.pipeline.lines import SIZE, Line, decoded, picture
from worker.pipeline.checkpoint import packed
from worker.pipeline.detect.changes import ChangedParts
from worker.pipeline.detect.letterbox import Letterbox
from worker.pipeline.detect.small_plates import WINDOW_PIXELS
from worker.pipeline.frame import NOT_NUMBERS, PLATE_CLASS, Detection, Frame


class Brightness:
    """Finds what is far from grey: one box around all of it in each half of what it is shown.

    It counts the frames it searched whole and keeps the parts that it was shown.
    """

    def __init__(self, *, gives_numbers=True):
        self.whole = 0
        self.parts = []
        self.gives_numbers = gives_numbers

    def search(self, frames):
        self.whole += len(frames)
        return [self._searched(frame) for frame in frames]

    def letterbox(self, size, *, scale=1.0):
        return Letterbox.of(size, longest=round(max(SIZE) * scale), multiple=32)

    def infer(self, inputs):
        self.parts += [one.shape[:2] for one in inputs]
        return [(self._rows(one), self.gives_numbers) for one in inputs]

    def detections(self, rows, letterbox):
        return tuple(Detection(0, "text", 0.9, letterbox.restore(row[:4])) for row in rows)

    def _searched(self, frame):
        letterbox = self.letterbox(frame.size)
        rows = self._rows(letterbox.fit(frame.picture))
        return replace(frame, detections=self.detections(rows, letterbox))

    def _rows(self, picture):
        rows = []
        # Lines of these tests stand in bands of a hundred rows.
        marked = np.abs(picture.astype(int).mean(2) - 120) > 8
        marked &= np.abs(picture.astype(int).mean(2) - 114) > 3
        ys = np.flatnonzero(marked.any(1))
        for group in np.split(ys, np.flatnonzero(np.diff(ys) > 20) + 1) if ys.size else []:
            xs = np.flatnonzero(marked[group].any(0))
            rows.append([xs[0], group[0], xs[-1] + 1, group[-1] + 1, 0.9, 0.0])
        return np.array(rows, np.float32).reshape(-1, 6)


class Panels(Brightness):
    """Finds one line, bright on a panel that is brighter than some of what lies around it."""

    def _rows(self, picture):
        ys, xs = np.nonzero(picture.astype(int).mean(2) > 195)
        return np.array([[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1, 0.9, 0.0]], np.float32)


def frames(folder, *pictures):
    return [Frame(n, n * 40, shown) for n, shown in enumerate(decoded(folder, list(pictures)))]


def boxes(frame):
    return sorted((found.bbox for found in frame.detections), key=lambda box: box[1])


def near(found, lines):
    """Whether the boxes found are those of the lines, from top to bottom, to four pixels."""
    expected = [line.box for line in sorted(lines, key=lambda line: line.top)]
    return np.shape(found) == np.shape(expected) and np.allclose(found, expected, rtol=0, atol=4)


def search(searcher, shown):
    return ChangedParts(searcher, Counter())(shown)


UPPER, LOWER = Line("NORTH 100", top=40.0), Line("GARDEN", top=260.0)


def test_a_still_video_is_searched_once(tmp_path):
    searcher = Brightness()

    found = search(searcher, frames(tmp_path, *[picture(UPPER, LOWER)] * 20))

    assert (searcher.whole, searcher.parts) == (1, [])
    assert all(near(boxes(one), [UPPER, LOWER]) for one in found)
    assert [one.index for one in found] == list(range(20))


def test_a_cameras_grain_is_not_searched(tmp_path):
    rng = np.random.default_rng(7)
    still = picture(UPPER, LOWER).astype(float)
    grain = [rng.normal(0, 3, (*still.shape[:2], 1)) for _ in range(30)]
    shown = [np.clip(np.rint(still + one), 0, 255).astype(np.uint8) for one in grain]
    searcher = Brightness()

    search(searcher, frames(tmp_path, *shown))

    assert (searcher.whole, searcher.parts) == (1, [])


@pytest.mark.parametrize("contrast", [16, 30, 100])
@pytest.mark.parametrize("pixels", [12, 30])
def test_a_new_line_is_found_and_the_rest_is_not_searched_again(tmp_path, contrast, pixels):
    new = replace(LOWER, contrast=contrast, pixels=pixels)
    searcher = Brightness()

    found = search(searcher, frames(tmp_path, picture(UPPER), picture(UPPER, new)))

    assert near(boxes(found[1]), [UPPER, new])
    assert searcher.whole == 1
    assert all(height * width < 0.6 * 640 * 352 for height, width in searcher.parts)


def test_a_line_that_went_is_found_no_more(tmp_path):
    searcher = Brightness()

    found = search(searcher, frames(tmp_path, picture(UPPER, LOWER), picture(UPPER)))

    assert near(boxes(found[1]), [UPPER])


def test_a_line_that_grew_has_one_box_around_all_of_it(tmp_path):
    longer = replace(UPPER, text="NORTH 100 EAST")

    found = search(Brightness(), frames(tmp_path, picture(UPPER), picture(longer)))

    assert near(boxes(found[1]), [longer])


def test_a_slow_fade_adds_up_until_it_is_found(tmp_path):
    """No frame differs from the one before by as much as counts."""
    steps = [picture(UPPER, replace(LOWER, contrast=n)) for n in range(0, 80, 2)]

    found = search(Brightness(), frames(tmp_path, *steps))

    assert near(boxes(found[0]), [UPPER])
    assert near(boxes(found[-1]), [UPPER, LOWER])


def test_a_line_that_moves_is_followed_to_the_pictures_edge(tmp_path):
    ways = [replace(UPPER, left=float(left)) for left in range(60, -2, -4)]
    searcher = Brightness()

    found = search(searcher, frames(tmp_path, *map(picture, ways)))

    assert (searcher.whole, searcher.parts) == (1, [])
    assert all(near(boxes(one), [line]) for one, line in zip(found, ways, strict=True))


@pytest.mark.parametrize("text", ["NORTH 190", "MOUTH 100"])
def test_a_line_that_changes_on_its_way_is_searched(tmp_path, text):
    moved = replace(UPPER, left=UPPER.left + 4, text=text)
    searcher = Brightness()

    found = search(searcher, frames(tmp_path, picture(UPPER), picture(moved)))

    assert searcher.parts
    assert near(boxes(found[1]), [moved])


def test_the_ground_that_a_panel_uncovers_is_not_searched(tmp_path):
    ground = np.linspace(40, 190, SIZE[0]).astype(np.uint8)[None, :, None]
    shown = np.broadcast_to(ground, (SIZE[1], SIZE[0], 3))
    x1, y1, x2, y2 = map(int, UPPER.box)
    panel = picture(UPPER)[y1 - 8 : y2 + 8, x1 - 8 : x2 + 8]
    moved = []
    for left in range(300, 360, 6):
        moved.append(shown.copy())
        top = left // 3
        moved[-1][top : top + len(panel), left : left + panel.shape[1]] = panel
    searcher = Panels()

    search(searcher, frames(tmp_path, *moved))

    assert (searcher.whole, searcher.parts) == (1, [])


def test_a_page_that_comes_into_a_part_of_the_frame_is_searched_closer(tmp_path):
    class Small(Brightness):
        """Takes every line for twenty small ones, one above the other."""

        def _rows(self, picture):
            rows = np.repeat(super()._rows(picture), 20, axis=0)
            step = (rows[:, 3] - rows[:, 1]) / 20
            rows[:, 1] += step * (np.arange(len(rows)) % 20)
            rows[:, 3] = rows[:, 1] + step
            return rows

    searcher = Small()

    search(searcher, frames(tmp_path, picture(), picture(UPPER)))

    assert searcher.whole == 2


def test_a_small_plate_that_comes_into_a_part_of_the_frame_is_looked_at_closer(tmp_path):
    class Plates(Brightness):
        """Takes every line for a plate."""

        def detections(self, rows, letterbox):
            found = super().detections(rows, letterbox)
            return tuple(replace(one, class_id=1, class_name=PLATE_CLASS) for one in found)

    lines, plates = Brightness(), Plates()

    for searcher in (lines, plates):
        search(searcher, frames(tmp_path, picture(), picture(UPPER)))

    assert [searcher.whole for searcher in (lines, plates)] == [1, 1]
    assert plates.parts == [*lines.parts, (WINDOW_PIXELS, WINDOW_PIXELS)]


def test_a_change_in_a_page_is_searched_closer(tmp_path):
    class Page(Brightness):
        """Knows a page of small lines above what else it finds."""

        def _searched(self, frame):
            frame = super()._searched(frame)
            small = tuple(Detection(0, "text", 0.9, (600.0, y, 636.0, y + 6.0)) for y in range(20))
            return replace(frame, detections=(*frame.detections, *small))

    new = replace(LOWER, text="EAST")
    coarse, close = Brightness(), Page()

    for searcher in (coarse, close):
        search(searcher, frames(tmp_path, picture(UPPER), picture(UPPER, new)))

    assert [searcher.whole for searcher in (coarse, close)] == [1, 1]
    assert np.prod(close.parts[0]) > np.prod(coarse.parts[0])


def test_a_change_of_everything_is_a_search_of_everything(tmp_path):
    searcher = Brightness()
    other = np.asarray(255 - picture(UPPER), np.uint8)

    search(searcher, frames(tmp_path, picture(UPPER), other))

    assert (searcher.whole, searcher.parts) == (2, [])


def test_a_frame_of_another_size_is_searched(tmp_path):
    searcher = Brightness()
    (first,) = frames(tmp_path, picture(UPPER))
    small = Frame(1, 40, first.picture[:200])

    found = search(searcher, [first, small])

    assert searcher.whole == 2
    assert near(boxes(found[1]), [UPPER])


def test_a_model_that_gives_no_numbers_for_a_part_is_asked_for_the_whole(tmp_path):
    searcher = Brightness(gives_numbers=False)

    found = search(searcher, frames(tmp_path, picture(UPPER), picture(UPPER, LOWER)))

    assert searcher.whole == 2
    assert near(boxes(found[1]), [UPPER, LOWER])


def test_what_looks_like_a_frame_without_numbers_has_none_either(tmp_path):
    class NoNumbers(Brightness):
        def search(self, frames):
            return [replace(frame, error=NOT_NUMBERS) for frame in frames]

    found = search(NoNumbers(), frames(tmp_path, picture(UPPER), picture(UPPER)))

    assert [one.error for one in found] == [NOT_NUMBERS] * 2


def test_a_search_that_goes_on_with_its_memory_finds_the_same(tmp_path):
    moved = replace(LOWER, left=LOWER.left + 9)
    shown = frames(
        tmp_path, *[picture(UPPER)] * 2, *[picture(UPPER, LOWER)] * 2, *[picture(UPPER, moved)] * 2
    )
    searcher = Brightness()
    one = ChangedParts(searcher, Counter())
    one([shown[0]])
    for frame in shown[1:]:
        counts = Counter()
        (then,) = ChangedParts(searcher, counts, packed(one.memory()))([frame])
        (now,) = one([frame])

        assert then.detections == now.detections
        assert not counts["frames_searched"]


def test_batches_do_not_change_what_is_found(tmp_path):
    shown = frames(
        tmp_path,
        *[picture(UPPER)] * 3,
        *[picture(UPPER, LOWER)] * 3,
        *[picture(LOWER)] * 3,
    )
    one, other = ChangedParts(Brightness(), Counter()), ChangedParts(Brightness(), Counter())

    together = one(shown)
    apart = [found for frame in shown for found in other([frame])]

    assert [frame.detections for frame in together] == [frame.detections for frame in apart]
