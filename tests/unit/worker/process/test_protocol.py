"""What comes from the pipeline process is understood, or named as what is not."""

import json

import pytest

from config.failures import FailureCode
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import Summary
from worker.process.channel import ProtocolError
from worker.process.protocol import (
    TEXTS_A_LINE,
    decode_answer,
    decode_counts,
    decode_error,
    decode_provenances,
    decode_summary,
    encode_summary,
)


def test_a_failure_keeps_its_code_and_message():
    error = decode_error(json.dumps(["corrupt_video", "No picture."]).encode())

    assert (error.code, error.message) == (FailureCode.CORRUPT_VIDEO, "No picture.")
    assert isinstance(error.code, FailureCode)


def test_a_failure_of_a_code_that_nobody_knows_is_an_internal_error(caplog):
    error = decode_error(json.dumps(["corupt_video", "No picture."]).encode())

    assert (error.code, error.message) == (FailureCode.INTERNAL_ERROR, "No picture.")
    assert caplog.records[0].error_code == "corupt_video"


@pytest.mark.parametrize("count", [0, 1, TEXTS_A_LINE, 2 * TEXTS_A_LINE + 1])
def test_a_summary_keeps_its_texts_however_many_there_are(count):
    texts = [{"text": f"line {number}\n", "track_id": number} for number in range(count)]
    document = {"video": {"width": 1280}, "texts": texts, "texts_truncated": False}
    summary = Summary(document, {"decode": 1.5})

    assert decode_summary(encode_summary(summary)) == summary


@pytest.mark.parametrize(
    ("decode", "message"),
    [
        (decode_answer, b""),
        (decode_answer, b"?"),
        (decode_counts, b""),
        (decode_counts, b"123"),
        (decode_provenances, b""),
        (decode_provenances, b'{"yolo_ocr": 1}'),
        (decode_summary, b"[]"),
        (decode_summary, b"{}"),
        (decode_summary, b"{}\n{}\n{}"),
        (decode_summary, b'{}\n{"decode": -1.0}'),
        (decode_summary, b'{}\n{"decode": Infinity}'),
        (decode_summary, b'{}\n{"decode": "long"}'),
        (decode_summary, b"\xff"),
        (decode_summary, b"[" * 100_000),
        (decode_error, b""),
        (decode_error, b"{}"),
        (decode_error, b'["internal_error"]'),
        (decode_error, b'["internal_error", 1]'),
    ],
)
def test_what_is_no_answer_is_a_crash(decode, message):
    with pytest.raises(PipelineError) as caught:
        decode(message)

    assert isinstance(caught.value, ProtocolError)
    assert caught.value.code is FailureCode.PIPELINE_CRASHED
