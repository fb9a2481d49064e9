import random
import tracemalloc
from dataclasses import replace

from worker.pipeline.frame import NOT_NUMBERS, Detection, FrameResult
from worker.pipeline.results.summary import MAX_TEXTS, MOST_READINGS, Occurrences
from worker.pipeline.track.tracker import TrackText


def result(index, *found, error=None):
    box = (0.0, 0.0, 9.0, 9.0)
    detections = tuple(
        Detection(0, name, 0.5, box, text, confidence) for name, text, confidence in found
    )
    return FrameResult(index, index * 40, detections, "", error=error)


def counted(*results):
    occurrences = Occurrences()
    for one in results:
        occurrences.add(one)
    return occurrences


def listed_in(occurrences, *tracks):
    return occurrences.texts(tracks, dropped_tracks=False)["texts"]


def track(number, text, first_ms, last_ms):
    return TrackText(number, text, "text", first_ms, last_ms, confidence=0.94321, frames=6)


def test_what_a_track_says_is_listed_as_voted_with_its_whole_time():
    occurrences = counted(result(0, ("text", "EX1T", 0.7)), result(5, ("text", "EXIT", 0.9)))

    assert listed_in(occurrences, track(1, "EXIT", 0, 200)) == [
        {
            "track_id": 1,
            "text": "EXIT",
            "class_name": "text",
            "first_ms": 0,
            "last_ms": 200,
            "confidence": 0.9432,
            "detections": 6,
            "frames": 6,
        }
    ]


def test_a_confident_reading_that_no_vote_chose_is_listed_once_with_its_times():
    occurrences = counted(
        result(0, ("text", "12:00", 0.85)),
        result(5, ("text", "12:00", 0.9), ("text", "12:00", 0.8)),
        result(10, ("text", "12:01", 0.9), ("text", "12:0l", 0.6)),
    )

    listed = listed_in(occurrences, track(1, "12:01", 0, 400))

    assert [seen["text"] for seen in listed] == ["12:01", "12:00"]
    assert listed[1] == {
        "text": "12:00",
        "class_name": "text",
        "first_ms": 0,
        "last_ms": 200,
        "confidence": 0.9,
        "detections": 3,
        "frames": 2,
    }


def test_texts_are_listed_in_the_order_in_which_they_appear():
    occurrences = counted(result(5, ("text", "TAXI", 0.9)))

    listed = listed_in(occurrences, track(1, "EXIT", 0, 400), track(2, "BUS", 400, 800))

    assert [seen["text"] for seen in listed] == ["EXIT", "TAXI", "BUS"]


def test_the_most_confident_texts_are_kept_and_the_earlier_of_two_that_are_equal():
    occurrences = counted(*(result(n, ("text", f"T{n}", 0.9)) for n in range(MAX_TEXTS)))
    occurrences.add(result(MAX_TEXTS, ("text", "SURE", 0.95)))

    listed = listed_in(occurrences)

    assert len(listed) == MAX_TEXTS
    assert listed[-2]["text"] == f"T{MAX_TEXTS - 2}"
    assert listed[-1]["text"] == "SURE"
    assert occurrences.texts([], dropped_tracks=False)["texts_truncated"]


def test_as_many_texts_as_are_kept_are_not_called_truncated():
    occurrences = counted(*(result(n, ("text", f"T{n}", 0.9)) for n in range(MAX_TEXTS)))

    assert not occurrences.texts([], dropped_tracks=False)["texts_truncated"]
    assert len(listed_in(occurrences)) == MAX_TEXTS


def test_texts_that_tracking_dropped_are_called_truncated():
    assert Occurrences().texts([], dropped_tracks=True) == {"texts": [], "texts_truncated": True}


def test_tracks_and_readings_are_kept_by_one_rule():
    occurrences = counted(*(result(n, ("text", f"T{n}", 0.9)) for n in range(MAX_TEXTS)))

    listed = listed_in(
        occurrences, track(1, "EXIT", 0, 40), replace(track(2, "E", 0, 9), confidence=0.1)
    )

    assert [seen["text"] for seen in listed if "track_id" in seen] == ["EXIT"]
    assert len(listed) == MAX_TEXTS


def test_what_was_dropped_on_the_way_would_not_have_been_kept():
    """Readings of more confidence than most must be listed, however early or late they came."""
    rng = random.Random(5)
    results = [
        result(n, ("text", f"T{rng.randrange(3 * MOST_READINGS)}", 0.8 + rng.random() / 5))
        for n in range(4 * MOST_READINGS)
    ]
    highest: dict[str, float] = {}
    for one in results:
        (found,) = one.detections
        highest[found.text] = max(highest.get(found.text, 0.0), found.text_confidence)

    listed = listed_in(counted(*results))

    best = sorted(highest, key=lambda text: -highest[text])[:MAX_TEXTS]
    assert {seen["text"]: seen["confidence"] for seen in listed} == {
        text: highest[text] for text in best
    }


def test_noise_takes_no_more_memory_the_longer_it_lasts():
    """Four hours of it once made a million entries and a summary of 145 MB."""
    occurrences = Occurrences()
    tracemalloc.start()
    add_noise(occurrences, range(MOST_READINGS))
    full, _ = tracemalloc.get_traced_memory()
    add_noise(occurrences, range(MOST_READINGS, 3 * MOST_READINGS))
    later, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert later < 1.2 * full


def add_noise(occurrences, numbers):
    for number in numbers:
        occurrences.add(result(number, ("text", f"NOISE {number}", 0.9)))


def test_a_page_read_as_one_line_is_listed_by_its_beginning():
    occurrences = counted(result(0, ("text", "A" * 5000, 0.9)))

    (listed,) = listed_in(occurrences)

    assert listed["text"] == "A" * 1000


def test_classes_are_counted_apart_also_where_nothing_was_read():
    occurrences = counted(result(0, ("plate", "", 0.0), ("text", "EXIT", 0.7)))

    assert {name: seen["detections"] for name, seen in occurrences.classes().items()} == {
        "plate": 1,
        "text": 1,
    }


def test_failed_frames_are_counted_among_the_analysed():
    occurrences = counted(result(0), result(1, error=NOT_NUMBERS))

    assert (occurrences.frames_analysed, occurrences.frames_failed) == (2, 1)
