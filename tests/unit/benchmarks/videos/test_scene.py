from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.benchmarks.videos.drawing import ink_box, panel_size
from tests.benchmarks.videos.made import truth_of
from tests.benchmarks.videos.scene import HEIGHT, JITTER_PIXELS, KINDS, WIDTH, Region, scene
from tests.benchmarks.videos.traps import TRAPS, trap

FRAMES = 200
MAKERS: list[tuple[Callable[..., tuple[Region, ...]], str]] = [
    *((scene, kind) for kind in KINDS),
    *((trap, kind) for kind in TRAPS),
]


@pytest.mark.parametrize(("make", "kind"), MAKERS)
def test_a_seed_makes_the_same_scene_again(
    make: Callable[..., tuple[Region, ...]], kind: str
) -> None:
    assert make(kind, seed=5, frames=FRAMES) == make(kind, seed=5, frames=FRAMES)
    assert make(kind, seed=5, frames=FRAMES) != make(kind, seed=6, frames=FRAMES)


@pytest.mark.parametrize(("make", "kind"), MAKERS)
def test_panels_lie_in_the_frame_and_never_meet(
    make: Callable[..., tuple[Region, ...]], kind: str
) -> None:
    for texts in zip(*make(kind, seed=5, frames=FRAMES), strict=True):
        boxes = []
        for shown in (region[0] for region in texts if region):
            height = panel_size(shown.text, shown.style)[1]
            boxes.append((shown.left, shown.top, shown.left + shown.width, shown.top + height))
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        assert min(*lefts, *tops) >= 0
        assert max(rights) <= WIDTH
        assert max(bottoms) <= HEIGHT
        assert not any(meet(one, other) for one in boxes for other in boxes if one != other)


@pytest.mark.parametrize(("make", "kind"), MAKERS)
def test_every_frame_has_five_or_six_lines_now_and_then_fewer(
    make: Callable[..., tuple[Region, ...]], kind: str
) -> None:
    truth = truth_of(make(kind, seed=5, frames=FRAMES))
    regions = [len({line.region for line in lines}) for lines in truth]

    assert len(truth) == FRAMES
    assert 4 < sum(regions) / FRAMES <= 6


def texts_of(kind: str) -> list[list[str]]:
    truth = truth_of(scene(kind, seed=5, frames=FRAMES))
    return [[line.text for line in lines] for lines in truth]


def test_a_still_scene_shows_the_same_in_every_frame() -> None:
    truth = truth_of(scene("still", seed=5, frames=FRAMES))

    assert set(truth) == {truth[0]}


def test_a_moving_scene_keeps_its_texts_and_moves_each_by_a_few_pixels() -> None:
    truth = truth_of(scene("moving", seed=5, frames=FRAMES))
    steps = [
        abs(now.box[0] - before.box[0])
        for one, other in pairwise(truth)
        for before, now in zip(one, other, strict=True)
    ]

    assert len({tuple(texts) for texts in texts_of("moving")}) == 1
    assert max(steps) <= 4
    assert sum(step > 0 for step in steps) > len(steps) / 2


def test_a_jittering_scene_trembles_around_its_place() -> None:
    truth = truth_of(scene("jittering", seed=5, frames=FRAMES))
    for number in range(6):
        lefts = {lines[number].box[0] for lines in truth}
        assert max(lefts) - min(lefts) == 2 * JITTER_PIXELS


def test_a_changing_scene_changes_now_and_then() -> None:
    texts = texts_of("changing")
    changes = sum(one != other for one, other in pairwise(texts))

    assert 6 < changes < FRAMES / 4


def test_a_renewed_scene_has_six_new_lines_in_every_frame() -> None:
    truth = truth_of(scene("renewed", seed=5, frames=FRAMES))

    assert all(not set(one) & set(other) for one, other in pairwise(truth))


@pytest.mark.parametrize("kind", ["digit", "low contrast", "jitter"])
def test_a_trap_changes_one_character_at_a_time(kind: str) -> None:
    truth = truth_of(trap(kind, seed=5, frames=FRAMES))
    changes = 0
    for one, other in pairwise(truth):
        for before, now in zip(one, other, strict=True):
            differing = sum(a != b for a, b in zip(before.text, now.text, strict=True))
            assert differing <= 1
            changes += differing

    assert changes > 20


def test_regions_that_swap_show_each_others_texts() -> None:
    truth = truth_of(trap("swap", seed=5, frames=FRAMES))
    pairs = {tuple(line.text for line in lines[:2]) for lines in truth}

    assert len(pairs) == 2
    assert {pair[::-1] for pair in pairs} == pairs


def test_what_fades_is_sure_again_when_one_text_is_hardly_there() -> None:
    truth = truth_of(trap("fade", seed=5, frames=FRAMES))
    sure = [sum(line.sure for line in lines if line.region == 0) for lines in truth]

    assert set(sure) == {0, 1}
    assert FRAMES / 4 < sum(sure) < FRAMES


def test_small_lines_come_and_go() -> None:
    truth = truth_of(trap("appear", seed=5, frames=FRAMES))
    counts = {len(lines) for lines in truth}

    assert min(counts) >= 3
    assert len(counts) > 2


def test_the_box_of_a_text_is_that_of_its_ink() -> None:
    shown = scene("still", seed=5, frames=1)[0][0][0]
    [line] = truth_of((((shown,),),))[0]
    left, top, right, bottom = ink_box(shown.text, shown.style)

    assert line.box == (shown.left + left, shown.top + top, shown.left + right, shown.top + bottom)
    assert 0 < left < right < shown.width


def meet(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    across = min(one[2], other[2]) > max(one[0], other[0])
    return across and min(one[3], other[3]) > max(one[1], other[1])
