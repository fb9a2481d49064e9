"""What looks the same is read once; what does not, however little it differs, is read again."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.worker.pipeline.lines import Line, decoded, picture
from worker.pipeline.checkpoint import packed
from worker.pipeline.frame import Detection, Reading
from worker.pipeline.ocr.regions import Region
from worker.pipeline.ocr.reuse import MOST_CROPS, ReadCrops

SIZES = (12, 16, 24, 40)


class Counter:
    """Gives each region it is asked for a number of its own."""

    def __init__(self):
        self.asked = 0

    def __call__(self, regions):
        read = [(Reading(str(self.asked + n), 0.9),) for n in range(len(regions))]
        self.asked += len(regions)
        return read


def region(shown, box, *, class_id=0, is_plates_number=False):
    return Region(shown, Detection(class_id, "text", 0.9, box), is_plates_number)


def texts(folder, *lines, boxes=None):
    """What is said of one line a frame, read in one video; its number tells which reading it is."""
    shown = decoded(folder, [picture(line) for line in lines])
    boxes = boxes or [line.box for line in lines]
    crops, reader = ReadCrops(), Counter()
    read = [
        crops.read([region(one, box)], reader)[0][0].text
        for one, box in zip(shown, boxes, strict=True)
    ]
    return [int(number) for number in read]


def test_a_still_line_is_read_once_whatever_the_encoder_makes_of_it(tmp_path):
    assert texts(tmp_path, *[Line("HARBOUR 17")] * 40) == [0] * 40


@pytest.mark.parametrize("pixels", SIZES)
@pytest.mark.parametrize(("before", "after"), [("3", "8"), ("c", "e"), ("O", "Q"), ("5", "6")])
def test_one_changed_letter_is_read_again(tmp_path, pixels, before, after):
    first, second = (Line(f"WHARF {sign}21 low", pixels=pixels) for sign in (before, after))

    assert texts(tmp_path, first, first, second, second) == [0, 0, 1, 1]


@pytest.mark.parametrize("contrast", [25, -25, 40])
def test_a_changed_digit_of_little_contrast_is_read_again(tmp_path, contrast):
    first, second = (Line(f"GATE {n}", contrast=contrast) for n in (31, 37))

    assert texts(tmp_path, first, second) == [0, 1]


def test_a_slow_fade_into_another_text_is_noticed(tmp_path):
    """Compared with the frame before, no step of it would ever count."""
    frames = decoded(
        tmp_path,
        [
            picture(Line("ARRIVALS", contrast=100 - step), Line("DELAYED", contrast=step))
            for step in range(0, 102, 2)
        ],
    )
    crops, reader = ReadCrops(), Counter()

    read = [crops.read([region(one, Line("ARRIVALS").box)], reader)[0] for one in frames]

    assert read[-1] != read[0]
    assert reader.asked > 2


def test_two_lines_that_swap_keep_their_own_texts(tmp_path):
    upper, lower = Line("PLATFORM 4"), Line("PLATFORM 9", top=200.0)
    swapped = replace(upper, top=200.0), replace(lower, top=100.0)
    frames = decoded(tmp_path, [picture(upper, lower), picture(*swapped)])
    crops, reader = ReadCrops(), Counter()

    before = crops.read([region(frames[0], line.box) for line in (upper, lower)], reader)
    after = crops.read([region(frames[1], line.box) for line in swapped], reader)

    assert after in (before, [(Reading("2", 0.9),), (Reading("3", 0.9),)])


def test_a_line_that_jitters_is_read_once(tmp_path):
    rng = np.random.default_rng(1)
    lines = [
        Line("HARBOUR 17", left=60.0 + right, top=100.0 + down)
        for right, down in rng.integers(-2, 3, (20, 2))
    ]

    assert set(texts(tmp_path, *lines)) == {0}


def test_a_line_that_wanders_over_an_even_ground_is_seldom_read(tmp_path):
    lines = [Line("HARBOUR 17", left=20.0 + 7 * n) for n in range(30)]

    assert len(set(texts(tmp_path, *lines))) <= 6


def test_a_detectors_box_need_not_stand_still(tmp_path):
    rng = np.random.default_rng(2)
    line = Line("HARBOUR 17")
    boxes = [tuple(np.add(line.box, rng.uniform(-1.5, 1.5, 4)).tolist()) for _ in range(20)]

    assert set(texts(tmp_path, *[line] * 20, boxes=boxes)) == {0}


def test_a_line_that_grew_is_read_again(tmp_path):
    lines = Line("HARBOUR"), Line("HARBOUR 1")

    assert texts(tmp_path, *lines) == [0, 1]


def test_the_same_pixels_inside_a_plate_are_another_thing(tmp_path):
    line = Line("HARBOUR 17")
    (shown,) = decoded(tmp_path, [picture(line)])
    crops, reader = ReadCrops(), Counter()

    crops.read([region(shown, line.box)], reader)
    crops.read([region(shown, line.box, is_plates_number=True)], reader)
    crops.read([region(shown, line.box, class_id=1)], reader)

    assert reader.asked == 3


def test_what_could_not_be_read_is_asked_again(tmp_path):
    line = Line("HARBOUR 17")
    (shown,) = decoded(tmp_path, [picture(line)])
    crops, reader = ReadCrops(), Counter()

    assert crops.read([region(shown, line.box)], lambda regions: [None]) == [None]
    assert crops.read([region(shown, line.box)], reader) == [(Reading("0", 0.9),)]


def test_memory_is_bounded_and_what_was_seen_last_stays(tmp_path):
    pictures = [picture(Line(f"CODE {n}")) for n in range(MOST_CROPS + 10)]
    frames = [np.ascontiguousarray(one) for one in pictures]
    crops, reader = ReadCrops(), Counter()
    box = Line("CODE 10").box

    for shown in frames:
        crops.read([region(shown, box)], reader)
    crops.read([region(frames[-1], box)], reader)
    crops.read([region(frames[0], box)], reader)

    assert reader.asked == len(frames) + 1


def cells(shown, count):
    """Boxes of cells in rows of ten, each of other pixels."""
    return [
        region(
            shown,
            (
                20.0 + 60 * (n % 10),
                4.0 + 13 * (n // 10),
                76.0 + 60 * (n % 10),
                15.0 + 13 * (n // 10),
            ),
        )
        for n in range(count)
    ]


def noise(seed):
    return np.random.default_rng(seed).integers(0, 255, (352, 640, 3), np.uint8)


def test_a_still_screen_full_of_cells_is_read_once():
    crops, reader = ReadCrops(), Counter()

    for shown in [noise(0)] * 3:
        crops.read(cells(shown.copy(), 200), reader)

    assert reader.asked == 200


def test_crops_that_go_on_with_their_memory_are_the_same():
    """What was read in a frame, and which of them is forgotten first."""
    frames = [cells(noise(seed), 200) for seed in (0, 1, 0, 1, 2, 0)]
    one, reader = ReadCrops(), Counter()
    for frame in frames:
        then, before = ReadCrops(packed(one.memory())), Counter()
        before.asked = reader.asked

        assert then.read(frame, before) == one.read(frame, reader)
        assert before.asked == reader.asked


def test_it_makes_no_difference_which_frames_come_together():
    """What is forgotten first was once decided by the batch, and so were the texts."""
    order = [0, 1, 0, 1, 2, 0]
    frames = [cells(noise(seed), 200) for seed in order]
    one, other = (ReadCrops(), Counter()), (ReadCrops(), Counter())

    together = one[0].read([cell for frame in frames for cell in frame], one[1])
    apart = [read for frame in frames for read in other[0].read(frame, other[1])]

    assert together == apart
    assert one[1].asked == other[1].asked > 3 * 200
