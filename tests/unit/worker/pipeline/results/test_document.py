import json
import math
from dataclasses import replace

import numpy as np
import pytest

from worker.pipeline.frame import Detection, Frame, FrameError, Reading
from worker.pipeline.results.document import encode_frame, record_of, results_document

PICTURE = np.zeros((40, 60, 3), dtype=np.uint8)
LINE = Detection(0, "text", 0.93118, (10.04, 20.06, 50.0, 30.0), "Größe 7", 0.96049)


async def document_of(*lines: bytes) -> bytes:
    async def given():
        for line in lines:
            yield line

    return b"".join([chunk async for chunk in results_document(given())])


def test_a_record_has_the_contracts_shape_and_rounding():
    """PIP-1"""
    record = record_of(Frame(25, 1000, PICTURE, detections=(LINE,)))

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
    record = record_of(Frame(0, 0, PICTURE, detections=(Detection(2, "car", 0.5, (0, 0, 9, 9)),)))

    assert record["result"]["detections"][0].keys() == {
        "class_id",
        "class_name",
        "confidence",
        "bbox",
    }
    assert record["result"]["text"] == ""


def test_other_readings_stand_beside_the_best_one():
    """PIP-1"""
    others = (Reading("Grösse 7", 0.51239), Reading("Größe 1", 0.2))
    frame = Frame(0, 0, PICTURE, detections=(replace(LINE, alternatives=others),))

    assert record_of(frame)["result"]["detections"][0]["alternatives"] == [
        {"text": "Grösse 7", "confidence": 0.5124},
        {"text": "Größe 1", "confidence": 0.2},
    ]


def test_a_failed_frame_says_why():
    error = FrameError("read_failed", "Tesseract took too long")

    record = record_of(Frame(0, 0, PICTURE, error=error))

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

    record = record_of(frame)

    assert json.loads(encode_frame(record)) == record
    assert len(record["result"]["detections"]) == 1
    assert record["result"]["error"]["code"] == "not_a_number"


def test_a_line_with_no_number_in_it_is_never_written():
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_frame({"frame_index": 0, "result": {"confidence": math.nan}})


def test_what_cannot_be_printed_is_replaced():
    """PostgreSQL's jsonb refuses U+0000, UTF-8 half a surrogate pair."""
    others = (Reading("G\x00", 0.5),)
    found = replace(LINE, class_name="te\x00xt\x1b", text="A\x00B\ud800\n", alternatives=others)

    record = record_of(Frame(0, 0, PICTURE, detections=(found,)))

    (told,) = record["result"]["detections"]
    assert told["class_name"] == "te\ufffdxt\ufffd"
    assert told["text"] == record["result"]["text"] == "A\ufffdB\ufffd\n"
    assert told["alternatives"][0]["text"] == "G\ufffd"
    assert json.loads(encode_frame(record)) == record


def test_a_damaged_frame_is_marked():
    assert record_of(Frame(0, 0, PICTURE, corrupt=True))["result"]["corrupt"] is True


def test_a_line_is_utf8_with_sorted_keys_and_no_line_break():
    line = encode_frame(record_of(Frame(0, 0, PICTURE, detections=(LINE,))))

    assert "Größe 7".encode() in line
    assert b"\n" not in line
    assert list(json.loads(line)["result"]) == ["detections", "text", "timestamp_ms"]


async def test_the_document_holds_the_results_once_with_a_frame_on_each_line():
    """API-4: results were once nested twice, {"results": {"results": …}}."""
    records = [record_of(Frame(index, index * 40, PICTURE)) for index in range(3)]

    document = await document_of(*map(encode_frame, records))

    assert json.loads(document) == {"results": records}
    assert len(document.splitlines()) == 5


async def test_a_video_without_frames_is_an_empty_list():
    assert json.loads(await document_of()) == {"results": []}
