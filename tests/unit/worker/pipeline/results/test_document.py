import json
import math
from dataclasses import replace

import numpy as np
import pytest

from worker.pipeline.frame import Detection, Frame, FrameError, FrameResult, Reading
from worker.pipeline.results.document import (
    closing,
    count_lines,
    encode_frame,
    join_lines,
    line_at,
    record_of,
    result_of,
)

PICTURE = np.zeros((40, 60, 3), dtype=np.uint8)
LINE = Detection(0, "text", 0.93118, (10.04, 20.06, 50.0, 30.0), "Größe 7", 0.96049)


def document_of(*lines: bytes, **more) -> bytes:
    return b"".join(map(line_at, range(len(lines)), lines)) + closing(len(lines), **more)


def recorded(frame: Frame):
    return record_of(result_of(frame))


def test_a_record_has_the_contracts_shape_and_rounding():
    """PIP-1"""
    record = recorded(Frame(25, 1000, PICTURE, detections=(LINE,)))

    assert record == {
        "frame_index": 25,
        "result": {
            "timestamp_ms": 1000,
            "detections": [
                {
                    "class_id": 0,
                    "class_name": "text",
                    "confidence": 0.9312,
                    "bbox": [10.0, 20.1, 50.0, 30.0],
                    "text": "Größe 7",
                    "text_confidence": 0.9605,
                }
            ],
            "text": "Größe 7",
        },
    }


def test_a_detection_that_nobody_read_has_no_text():
    record = recorded(Frame(0, 0, PICTURE, detections=(Detection(2, "car", 0.5, (0, 0, 9, 9)),)))

    assert record["result"]["detections"][0].keys() == {
        "class_id",
        "class_name",
        "confidence",
        "bbox",
    }
    assert record["result"]["text"] == ""


@pytest.mark.parametrize(
    ("text", "confidence", "stands"),
    [("PLATFORM 4", 0.93, True), ("PLA", 0.6, False), ("", 0.99, False), (None, None, False)],
)
def test_what_was_hardly_found_stands_only_where_it_was_surely_read(text, confidence, stands):
    doubtful = Detection(
        0, "text", 0.14, (1.0, 2.0, 30.0, 14.0), text, confidence, is_doubtful=True
    )

    record = recorded(Frame(0, 0, np.zeros((2, 2, 3), np.uint8), detections=(doubtful,)))

    assert len(record["result"]["detections"]) == stands
    assert "error" not in record["result"]


def test_other_readings_stand_beside_the_best_one():
    """PIP-1"""
    others = (Reading("Grösse 7", 0.51239), Reading("Größe 1", 0.2))
    frame = Frame(0, 0, PICTURE, detections=(replace(LINE, alternatives=others),))

    assert recorded(frame)["result"]["detections"][0]["alternatives"] == [
        {"text": "Grösse 7", "confidence": 0.5124},
        {"text": "Größe 1", "confidence": 0.2},
    ]


def test_a_failed_frame_says_why():
    error = FrameError("read_failed", "Tesseract took too long")

    record = recorded(Frame(0, 0, PICTURE, error=error))

    assert record["result"]["error"] == {
        "code": "read_failed",
        "message": "Tesseract took too long",
    }


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "changed",
    [
        lambda number: {"confidence": number},
        lambda number: {"text_confidence": number},
        lambda number: {"bbox": (0.0, 0.0, number, 9.0)},
        lambda number: {"alternatives": (Reading("Grösse", number),)},
    ],
    ids=["confidence", "text_confidence", "bbox", "alternatives"],
)
def test_what_is_no_number_becomes_the_frames_error(number, changed):
    """PIP-1: JSON knows no NaN, and a document with one in it is read by nobody."""
    frame = Frame(0, 0, PICTURE, detections=(LINE, replace(LINE, **changed(number))))

    record = recorded(frame)

    assert json.loads(encode_frame(result_of(frame))) == record
    assert len(record["result"]["detections"]) == 1
    assert record["result"]["error"]["code"] == "not_a_number"


def test_a_line_with_no_number_in_it_is_never_written():
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_frame(FrameResult(0, 0, (replace(LINE, confidence=math.nan),), ""))


def test_what_cannot_be_printed_is_replaced():
    """PostgreSQL's jsonb refuses U+0000, UTF-8 half a surrogate pair."""
    others = (Reading("G\x00", 0.5),)
    found = replace(LINE, class_name="te\x00xt\x1b", text="A\x00B\ud800\n", alternatives=others)

    frame = Frame(0, 0, PICTURE, detections=(found,))

    record = recorded(frame)

    (printed,) = record["result"]["detections"]
    assert printed["class_name"] == "te\ufffdxt\ufffd"
    assert printed["text"] == record["result"]["text"] == "A\ufffdB\ufffd\n"
    assert printed["alternatives"][0]["text"] == "G\ufffd"
    assert json.loads(encode_frame(result_of(frame))) == record


def test_a_damaged_frame_is_marked():
    assert recorded(Frame(0, 0, PICTURE, corrupt=True))["result"]["corrupt"] is True


def test_a_line_is_utf8_with_sorted_keys_and_no_line_break():
    line = encode_frame(result_of(Frame(0, 0, PICTURE, detections=(LINE,))))

    assert "Größe 7".encode() in line
    assert b"\n" not in line
    assert list(json.loads(line)["result"]) == ["detections", "text", "timestamp_ms"]


def test_the_track_of_a_detection_stands_in_its_record():
    """PIP-1"""
    result = result_of(Frame(0, 0, PICTURE, detections=(LINE,)))
    tracked = replace(result, detections=(replace(result.detections[0], track_id=3),))

    assert "track_id" not in record_of(result)["result"]["detections"][0]
    assert record_of(tracked)["result"]["detections"][0]["track_id"] == 3


def test_the_document_holds_the_results_once_with_a_frame_on_each_line():
    """API-4: results were once nested twice, {"results": {"results": …}}."""
    results = [result_of(Frame(index, index * 40, PICTURE)) for index in range(3)]

    document = document_of(*map(encode_frame, results))

    assert json.loads(document) == {"results": list(map(record_of, results))}
    assert len(document.splitlines()) == 5


@pytest.mark.parametrize("first", [1, 2, 4])
def test_lines_sent_together_stand_in_the_document_as_if_each_came_alone(first):
    results = [
        FrameResult(number, 40 * number, (), f"line {number}\nline two,\n") for number in range(4)
    ]
    lines = [encode_frame(result) for result in results]
    batches = [batch for batch in (lines[:first], lines[first:]) if batch]

    assert document_of(*map(join_lines, batches)) == document_of(*lines)
    assert [count_lines(join_lines(batch)) for batch in batches] == list(map(len, batches))


def test_a_video_without_frames_is_an_empty_list():
    assert json.loads(document_of()) == {"results": []}


def test_further_members_stand_after_the_results():
    document = {"results": [], "profile": {"frames": 0}}

    assert json.loads(document_of(profile=document["profile"])) == document
    assert json.loads(document_of(b"{}", profile=1)) == {"results": [{}], "profile": 1}
