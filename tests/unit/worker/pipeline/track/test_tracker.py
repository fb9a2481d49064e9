import random
import tracemalloc
from collections.abc import Iterable
from dataclasses import replace

import pytest

from worker.pipeline.frame import Box, Detection, FrameResult
from worker.pipeline.results.summary import MAX_TEXTS
from worker.pipeline.track.tracker import GONE_FRAMES, GONE_MS, Tracker

LEFT: Box = (100.0, 100.0, 300.0, 140.0)
RIGHT: Box = (700.0, 100.0, 900.0, 140.0)
FRAME_MS = 40


def text(words: str, bbox: Box = LEFT, confidence: float = 0.9) -> Detection:
    return Detection(0, "text", 0.9, bbox, words, confidence)


def result(number: int, *detections: Detection, frame_ms: int = FRAME_MS) -> FrameResult:
    return FrameResult(number, number * frame_ms, detections, "")


def follow(
    results: Iterable[FrameResult], tracker: Tracker | None = None
) -> list[list[int | None]]:
    tracker = tracker or Tracker(most_texts=MAX_TEXTS)
    return [[found.track_id for found in tracker.follow(one).detections] for one in results]


def test_tracks_are_counted_from_1_in_the_order_in_which_they_appear() -> None:
    results = [
        result(0, text("NORTH 100")),
        result(1, text("HARBOUR", RIGHT), text("NORTH 100")),
        result(2, text("HARBOUR", RIGHT)),
    ]

    assert follow(results) == [[1], [2, 1], [2]]


def test_a_frames_readings_stay_as_they_were_read() -> None:
    misread = result(1, text("N0RTH 1OO"))
    tracker = Tracker(most_texts=MAX_TEXTS)
    follow([result(0, text("NORTH 100"))], tracker)

    followed = tracker.follow(misread)

    assert followed == result(1, replace(text("N0RTH 1OO"), track_id=1))


def test_a_text_is_listed_once_as_voted_with_its_whole_time() -> None:
    tracker = Tracker(most_texts=MAX_TEXTS)
    words = ["NORTH 1OO", "NORTH 100", "N0RTH 100", "NORTH 100"]

    follow([result(number, text(one)) for number, one in enumerate(words)], tracker)

    (voted,), _ = tracker.texts()
    assert (voted.track_id, voted.text, voted.class_name) == (1, "NORTH 100", "text")
    assert (voted.first_ms, voted.last_ms, voted.frames) == (0, 3 * FRAME_MS, 4)
    assert 0.8 < voted.confidence < 0.9


def test_a_thing_that_says_nothing_is_followed_but_not_listed() -> None:
    tracker = Tracker(most_texts=MAX_TEXTS)
    car = Detection(1002, "car", 0.9, LEFT)

    assert follow([result(0, car), result(1, car)], tracker) == [[1], [1]]
    assert tracker.texts() == ([], False)


@pytest.mark.parametrize(
    ("gone_frames", "frame_ms", "ids"),
    [
        (10, FRAME_MS, [[1], [1]]),
        (GONE_FRAMES + 1, 10, [[1], [2]]),
        (5, GONE_MS, [[1], [2]]),
        (0, 3 * GONE_MS, [[1], [1]]),
    ],
    ids=["soon back", "too many frames", "too long", "neighbours however far apart"],
)
def test_what_is_gone_is_waited_for(gone_frames: int, frame_ms: int, ids: list[list[int]]) -> None:
    empty = [result(number, frame_ms=frame_ms) for number in range(1, gone_frames + 1)]
    back = result(gone_frames + 1, text("NORTH 100"), frame_ms=frame_ms)

    followed = follow([result(0, text("NORTH 100"), frame_ms=frame_ms), *empty, back])

    assert [followed[0], followed[-1]] == ids


@pytest.mark.parametrize("seed", range(3))
def test_wherever_a_run_is_cut_its_results_given_again_lead_on_to_the_same(seed: int) -> None:
    """An interrupted job's document equals that of one that was not interrupted."""
    results = busy_video(random.Random(seed), frames=40)
    whole = Tracker(most_texts=MAX_TEXTS)
    tracked = [whole.follow(one) for one in results]

    for cut in range(len(results)):
        resumed = Tracker(most_texts=MAX_TEXTS)
        for one in tracked[:cut]:
            resumed.follow(one)

        assert [resumed.follow(one) for one in results[cut:]] == tracked[cut:]
        assert resumed.texts() == whole.texts()


def test_a_noisy_text_takes_no_more_memory_the_longer_it_is_shown() -> None:
    rng = random.Random(1)
    tracker = Tracker(most_texts=MAX_TEXTS)
    grown_by(tracker, rng, frames=500)

    assert grown_by(tracker, rng, frames=3000) < 50_000


def test_of_ever_more_texts_the_most_confident_are_kept() -> None:
    rng = random.Random(3)
    confidences = [round(rng.random(), 4) for _ in range(200)]
    tracker = Tracker(most_texts=10)

    follow(alone(confidences), tracker)

    best = sorted(range(len(confidences)), key=lambda at: (-confidences[at], at))[:10]
    texts, dropped = tracker.texts()
    assert [kept.track_id for kept in texts] == sorted(at + 1 for at in best)
    assert dropped


def test_as_many_texts_as_are_kept_are_not_called_dropped() -> None:
    tracker = Tracker(most_texts=10)

    follow(alone([0.9] * 10), tracker)

    texts, dropped = tracker.texts()
    assert len(texts) == 10
    assert not dropped


def alone(confidences: Iterable[float]) -> list[FrameResult]:
    """A frame for each confidence, with a text that stands where no other did and is then gone."""
    return [
        result(number, text("NORTH", (0.0, 100.0 * number, 9.0, 100.0 * number + 9), confidence))
        for number, confidence in enumerate(confidences)
    ]


def test_a_page_read_as_one_line_is_listed_by_its_beginning() -> None:
    tracker = Tracker(most_texts=MAX_TEXTS)
    page = result(0, text("A" * 5000))

    assert tracker.follow(page).detections[0].text == "A" * 5000
    assert tracker.texts()[0][0].text == "A" * 1000


def grown_by(tracker: Tracker, rng: random.Random, *, frames: int) -> int:
    """Bytes that the tracker holds more after that many frames of one text, read ever otherwise."""
    tracemalloc.start()
    for number in range(frames):
        words = "".join(
            rng.choice("BREAKING NEWS") if rng.random() < 0.1 else c for c in "NORTH 100 SEVEN"
        )
        tracker.follow(result(number, text(words, confidence=rng.random())))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return grown


def busy_video(rng: random.Random, *, frames: int) -> list[FrameResult]:
    """Texts that come, go, shake, move on and are misread."""
    texts = [
        (f"{word} {rng.randrange(999)}", rng.uniform(0, 900)) for word in ("NORTH", "RIVER") * 3
    ]
    return [
        result(
            number,
            *(_shaken(words, top, number, rng) for words, top in texts if rng.random() < 0.7),
        )
        for number in range(frames)
    ]


def _shaken(words: str, top: float, number: int, rng: random.Random) -> Detection:
    x, y = round(rng.uniform(0, 9) + 8 * number, 1), round(top + rng.uniform(0, 9), 1)
    misread = "".join(rng.choice("0O1I|") if rng.random() < 0.1 else char for char in words)
    return text(misread, (x, y, x + 200, y + 40), round(rng.random(), 4))
