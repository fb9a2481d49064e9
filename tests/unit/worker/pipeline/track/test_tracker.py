import json
import random
import tracemalloc
from collections.abc import Iterable
from typing import Any

import pytest

from worker.pipeline.results.summary import MAX_TEXTS
from worker.pipeline.track.tracker import GONE_FRAMES, GONE_MS, Tracker

LEFT, RIGHT = [100.0, 100.0, 300.0, 140.0], [700.0, 100.0, 900.0, 140.0]
FRAME_MS = 40
Record = dict[str, Any]


def text(words: str, bbox: list[float] = LEFT, confidence: float = 0.9) -> dict[str, Any]:
    return {"class_name": "text", "bbox": bbox, "text": words, "text_confidence": confidence}


def record(number: int, *detections: dict[str, Any], frame_ms: int = FRAME_MS) -> Record:
    result = {"timestamp_ms": number * frame_ms, "detections": list(detections), "text": ""}
    return {"frame_index": number, "result": result}


def follow(records: Iterable[Record], tracker: Tracker | None = None) -> list[list[int]]:
    tracker = tracker or Tracker(most_texts=MAX_TEXTS)
    followed = [tracker.follow(one) for one in records]
    return [[seen["track_id"] for seen in one["result"]["detections"]] for one in followed]


def test_tracks_are_counted_from_1_in_the_order_in_which_they_appear() -> None:
    records = [
        record(0, text("NORTH 100")),
        record(1, text("HARBOUR", RIGHT), text("NORTH 100")),
        record(2, text("HARBOUR", RIGHT)),
    ]

    assert follow(records) == [[1], [2, 1], [2]]


def test_a_frames_readings_stay_as_they_were_read() -> None:
    misread = record(1, text("N0RTH 1OO"))
    tracker = Tracker(most_texts=MAX_TEXTS)
    follow([record(0, text("NORTH 100"))], tracker)

    followed = tracker.follow(misread)

    assert followed == record(1, {**text("N0RTH 1OO"), "track_id": 1})


def test_a_record_given_is_left_as_it_is() -> None:
    given = record(0, text("NORTH 100"))

    Tracker(most_texts=MAX_TEXTS).follow(given)

    assert given == record(0, text("NORTH 100"))


def test_a_text_is_told_once_as_voted_with_its_whole_time() -> None:
    tracker = Tracker(most_texts=MAX_TEXTS)
    words = ["NORTH 1OO", "NORTH 100", "N0RTH 100", "NORTH 100"]

    follow([record(number, text(one)) for number, one in enumerate(words)], tracker)

    (told,) = tracker.texts()
    assert (told.track_id, told.text, told.class_name) == (1, "NORTH 100", "text")
    assert (told.first_ms, told.last_ms, told.frames) == (0, 3 * FRAME_MS, 4)
    assert 0.8 < told.confidence < 0.9


def test_a_thing_that_says_nothing_is_followed_but_not_told_of() -> None:
    tracker = Tracker(most_texts=MAX_TEXTS)
    car = {"class_name": "car", "bbox": LEFT}

    assert follow([record(0, car), record(1, car)], tracker) == [[1], [1]]
    assert tracker.texts() == []


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
    empty = [record(number, frame_ms=frame_ms) for number in range(1, gone_frames + 1)]
    back = record(gone_frames + 1, text("NORTH 100"), frame_ms=frame_ms)

    followed = follow([record(0, text("NORTH 100"), frame_ms=frame_ms), *empty, back])

    assert [followed[0], followed[-1]] == ids


@pytest.mark.parametrize("seed", range(3))
def test_wherever_a_run_is_cut_its_records_shown_again_lead_on_to_the_same(seed: int) -> None:
    """An interrupted job's document equals that of one that was not interrupted."""
    records = busy_video(random.Random(seed), frames=40)
    whole = Tracker(most_texts=MAX_TEXTS)
    document = [json.dumps(whole.follow(one)) for one in records]

    for cut in range(len(records)):
        resumed = Tracker(most_texts=MAX_TEXTS)
        for line in document[:cut]:
            resumed.follow(json.loads(line))

        assert [json.dumps(resumed.follow(one)) for one in records[cut:]] == document[cut:]
        assert resumed.texts() == whole.texts()


def test_a_noisy_text_takes_no_more_memory_the_longer_it_is_shown() -> None:
    rng = random.Random(1)
    tracker = Tracker(most_texts=MAX_TEXTS)
    grown_by(tracker, rng, frames=500)

    assert grown_by(tracker, rng, frames=3000) < 50_000


def test_of_ever_more_texts_the_surest_are_kept() -> None:
    rng = random.Random(3)
    sure = [round(rng.random(), 4) for _ in range(200)]
    tracker = Tracker(most_texts=10)

    follow(alone(sure), tracker)

    best = sorted(range(len(sure)), key=lambda number: (-sure[number], number))[:10]
    assert [told.track_id for told in tracker.texts()] == sorted(number + 1 for number in best)
    assert tracker.dropped_texts


def test_as_many_texts_as_are_kept_are_not_called_dropped() -> None:
    tracker = Tracker(most_texts=10)

    follow(alone([0.9] * 10), tracker)

    assert len(tracker.texts()) == 10
    assert not tracker.dropped_texts


def alone(confidences: Iterable[float]) -> list[Record]:
    """A frame for each confidence, with a text that stands where no other did and is then gone."""
    return [
        record(number, text("NORTH", [0.0, 100.0 * number, 9.0, 100.0 * number + 9], sure))
        for number, sure in enumerate(confidences)
    ]


def test_a_page_read_as_one_line_is_told_by_its_beginning() -> None:
    tracker = Tracker(most_texts=MAX_TEXTS)
    page = record(0, text("A" * 5000))

    assert tracker.follow(page)["result"]["detections"][0]["text"] == "A" * 5000
    assert tracker.texts()[0].text == "A" * 1000


def grown_by(tracker: Tracker, rng: random.Random, *, frames: int) -> int:
    """Bytes that the tracker holds more after that many frames of one text, read ever otherwise."""
    tracemalloc.start()
    for number in range(frames):
        words = "".join(
            rng.choice("BREAKING NEWS") if rng.random() < 0.1 else c for c in "NORTH 100 SEVEN"
        )
        tracker.follow(record(number, text(words, confidence=rng.random())))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return grown


def busy_video(rng: random.Random, *, frames: int) -> list[Record]:
    """Texts that come, go, shake, move on and are misread."""
    texts = [
        (f"{word} {rng.randrange(999)}", rng.uniform(0, 900)) for word in ("NORTH", "RIVER") * 3
    ]
    return [
        record(
            number,
            *(_shaken(words, top, number, rng) for words, top in texts if rng.random() < 0.7),
        )
        for number in range(frames)
    ]


def _shaken(words: str, top: float, number: int, rng: random.Random) -> dict[str, Any]:
    x, y = round(rng.uniform(0, 9) + 8 * number, 1), round(top + rng.uniform(0, 9), 1)
    misread = "".join(rng.choice("0O1I|") if rng.random() < 0.1 else char for char in words)
    return text(misread, [x, y, x + 200, y + 40], round(rng.random(), 4))
