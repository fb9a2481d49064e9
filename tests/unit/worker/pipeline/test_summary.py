from worker.pipeline.summary import Sightings


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


def test_a_text_is_listed_once_with_its_first_and_last_time():
    sightings = counted(
        record(0, ("text", "EXIT", 0.7)),
        record(5, ("text", "EXIT", 0.9), ("text", "EXIT", 0.8)),
        record(10, ("text", "TAXI", 0.6)),
    )

    assert sightings.texts() == [
        {
            "text": "EXIT",
            "class_name": "text",
            "first_ms": 0,
            "last_ms": 200,
            "confidence": 0.9,
            "detections": 3,
            "frames": 2,
        },
        {
            "text": "TAXI",
            "class_name": "text",
            "first_ms": 400,
            "last_ms": 400,
            "confidence": 0.6,
            "detections": 1,
            "frames": 1,
        },
    ]


def test_classes_are_counted_apart_also_where_nothing_was_read():
    sightings = counted(record(0, ("plate", "", 0.0), ("text", "EXIT", 0.7)))

    assert {name: seen["detections"] for name, seen in sightings.classes().items()} == {
        "plate": 1,
        "text": 1,
    }
    assert [seen["text"] for seen in sightings.texts()] == ["EXIT"]


def test_failed_frames_are_counted_among_the_analysed():
    sightings = counted(record(0), record(1, error={"code": "read_failed", "message": ""}))

    assert (sightings.frames_analysed, sightings.frames_failed) == (2, 1)
