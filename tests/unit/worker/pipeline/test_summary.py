from worker.pipeline.summary import Sightings
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


def test_classes_are_counted_apart_also_where_nothing_was_read():
    sightings = counted(record(0, ("plate", "", 0.0), ("text", "EXIT", 0.7)))

    assert {name: seen["detections"] for name, seen in sightings.classes().items()} == {
        "plate": 1,
        "text": 1,
    }


def test_failed_frames_are_counted_among_the_analysed():
    sightings = counted(record(0), record(1, error={"code": "read_failed", "message": ""}))

    assert (sightings.frames_analysed, sightings.frames_failed) == (2, 1)
