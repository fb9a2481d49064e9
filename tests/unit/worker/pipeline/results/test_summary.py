import random
import tracemalloc
from dataclasses import replace

from worker.pipeline.results.summary import MAX_TEXTS, MOST_READINGS, Sightings
from worker.pipeline.track.tracker import TrackText


def record(index, *found, **more):
    detections = [
        {"class_name": name, "confidence": 0.5, "text": text, "text_confidence": sure}
        for name, text, sure in found
    ]
    return {
        "frame_index": index,
        "result": {"timestamp_ms": index * 40, "detections": detections, **more},
    }


def counted(*records):
    sightings = Sightings()
    for one in records:
        sightings.add(one)
    return sightings


def track(number, text, first_ms, last_ms):
    return TrackText(number, text, "text", first_ms, last_ms, confidence=0.94321, frames=6)


def test_what_a_track_says_is_listed_as_voted_with_its_whole_time():
    sightings = counted(record(0, ("text", "EX1T", 0.7)), record(5, ("text", "EXIT", 0.9)))

    assert sightings.texts([track(1, "EXIT", 0, 200)]) == [
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


def test_a_sure_reading_that_no_vote_chose_is_listed_once_with_its_times():
    sightings = counted(
        record(0, ("text", "12:00", 0.85)),
        record(5, ("text", "12:00", 0.9), ("text", "12:00", 0.8)),
        record(10, ("text", "12:01", 0.9), ("text", "12:0l", 0.6)),
    )

    listed = sightings.texts([track(1, "12:01", 0, 400)])

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
    sightings = counted(record(5, ("text", "TAXI", 0.9)))

    listed = sightings.texts([track(1, "EXIT", 0, 400), track(2, "BUS", 400, 800)])

    assert [seen["text"] for seen in listed] == ["EXIT", "TAXI", "BUS"]


def test_the_surest_texts_are_kept_and_the_earlier_of_two_that_are_equal():
    sightings = counted(*(record(n, ("text", f"T{n}", 0.9)) for n in range(MAX_TEXTS)))
    sightings.add(record(MAX_TEXTS, ("text", "SURE", 0.95)))

    listed = sightings.texts([])

    assert len(listed) == MAX_TEXTS
    assert listed[-2]["text"] == f"T{MAX_TEXTS - 2}"
    assert listed[-1]["text"] == "SURE"
    assert sightings.texts_truncated([])


def test_as_many_texts_as_are_kept_are_not_called_truncated():
    sightings = counted(*(record(n, ("text", f"T{n}", 0.9)) for n in range(MAX_TEXTS)))

    assert not sightings.texts_truncated([])
    assert len(sightings.texts([])) == MAX_TEXTS


def test_tracks_and_readings_are_kept_by_one_rule():
    sightings = counted(*(record(n, ("text", f"T{n}", 0.9)) for n in range(MAX_TEXTS)))

    listed = sightings.texts(
        [track(1, "EXIT", 0, 40), replace(track(2, "E", 0, 9), confidence=0.1)]
    )

    assert [seen["text"] for seen in listed if "track_id" in seen] == ["EXIT"]
    assert len(listed) == MAX_TEXTS


def test_what_was_dropped_on_the_way_would_not_have_been_kept():
    """Readings that are surer than most must be told, however early or late they came."""
    rng = random.Random(5)
    records = [
        record(n, ("text", f"T{rng.randrange(3 * MOST_READINGS)}", 0.8 + rng.random() / 5))
        for n in range(4 * MOST_READINGS)
    ]
    surest: dict[str, float] = {}
    for one in records:
        (found,) = one["result"]["detections"]
        surest[found["text"]] = max(surest.get(found["text"], 0.0), found["text_confidence"])

    listed = counted(*records).texts([])

    best = sorted(surest, key=lambda text: -surest[text])[:MAX_TEXTS]
    assert {seen["text"]: seen["confidence"] for seen in listed} == {
        text: surest[text] for text in best
    }


def test_noise_takes_no_more_memory_the_longer_it_lasts():
    """Four hours of it once made a million entries and a summary of 145 MB."""
    sightings = Sightings()
    tracemalloc.start()
    add_noise(sightings, range(MOST_READINGS))
    full, _ = tracemalloc.get_traced_memory()
    add_noise(sightings, range(MOST_READINGS, 3 * MOST_READINGS))
    later, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert later < 1.2 * full


def add_noise(sightings, numbers):
    for number in numbers:
        sightings.add(record(number, ("text", f"NOISE {number}", 0.9)))


def test_a_page_read_as_one_line_is_told_by_its_beginning():
    sightings = counted(record(0, ("text", "A" * 5000, 0.9)))

    (listed,) = sightings.texts([])

    assert listed["text"] == "A" * 1000


def test_classes_are_counted_apart_also_where_nothing_was_read():
    sightings = counted(record(0, ("plate", "", 0.0), ("text", "EXIT", 0.7)))

    assert {name: seen["detections"] for name, seen in sightings.classes().items()} == {
        "plate": 1,
        "text": 1,
    }


def test_failed_frames_are_counted_among_the_analysed():
    sightings = counted(record(0), record(1, error={"code": "read_failed", "message": ""}))

    assert (sightings.frames_analysed, sightings.frames_failed) == (2, 1)
