from typing import Any

import pytest

from service.cli.local.spans import Span, accuracy, merge_spans

BOX = [10.0, 20.0, 110.0, 40.0]


def _frame(
    at_ms: int, *texts: str, box: list[float] = BOX, confidence: float = 0.9
) -> dict[str, Any]:
    found = [
        {"class_name": "text", "bbox": box, "text": text, "text_confidence": confidence}
        for text in texts
    ]
    return {
        "frame_index": at_ms // 40,
        "result": {"timestamp_ms": at_ms, "detections": found, "text": "\n".join(texts)},
    }


def test_equal_readings_of_consecutive_frames_are_one_span() -> None:
    spans = merge_spans([_frame(0, "FERRY"), _frame(200, "FERRY"), _frame(400, "STORM")])

    assert spans == [
        Span(0, 200, "text", tuple(BOX), "FERRY", 0.9),
        Span(400, 400, "text", tuple(BOX), "STORM", 0.9),
    ]


def test_a_text_that_comes_back_is_a_span_of_its_own() -> None:
    spans = merge_spans([_frame(0, "FERRY"), _frame(200), _frame(400, "FERRY")])

    assert [(span.first_ms, span.last_ms) for span in spans] == [(0, 0), (400, 400)]


def test_a_moving_text_is_one_span_where_it_was_first() -> None:
    moved = [60.0, 20.0, 160.0, 40.0]

    spans = merge_spans([_frame(0, "KTR 4827"), _frame(200, "KTR 4827", box=moved)])

    assert spans == [Span(0, 200, "text", tuple(BOX), "KTR 4827", 0.9)]


def test_strokes_around_the_words_do_not_part_a_span_and_the_surest_reading_is_shown() -> None:
    spans = merge_spans(
        [
            _frame(0, "| PIER", confidence=0.5),
            _frame(200, "PIER", confidence=0.9),
            _frame(400, "PIER ]", confidence=0.7),
        ]
    )

    assert spans == [Span(0, 400, "text", tuple(BOX), "PIER", 0.9)]


def test_detections_without_a_reading_make_no_span() -> None:
    frame = _frame(0)
    frame["result"]["detections"] = [{"class_name": "person", "bbox": BOX}]

    assert merge_spans([frame]) == []


@pytest.mark.parametrize(
    ("text", "read"),
    [("FERRY RESUMES", 2), ("ferry, resumes.", 2), ("FERRY", 1), ("FERRY FERRY", 1), ("STORM", 0)],
)
def test_accuracy_counts_each_word_that_is_shown(text: str, read: int) -> None:
    truth = [{"text": "FERRY RESUMES", "first_ms": 0, "last_ms": 400}]

    found = accuracy([_frame(200, text)], truth)

    assert (found.read, found.shown, found.percent) == (read, 2, 50.0 * read)


@pytest.mark.parametrize(
    ("text", "said", "percent"),
    [("FERRY", 1, 100.0), ("FERRY JJ", 2, 50.0), ("FERRY\nFERRY", 2, 50.0), ("FERRY ]", 2, 50.0)],
)
def test_what_was_not_shown_counts_against_what_was_said(
    text: str, said: int, percent: float
) -> None:
    truth = [{"text": "FERRY", "first_ms": 0, "last_ms": 400}]

    found = accuracy([_frame(200, text)], truth)

    assert (found.percent, found.said, found.right_percent) == (100.0, said, percent)


def test_a_word_counts_only_at_its_time() -> None:
    truth = [{"text": "FERRY", "first_ms": 0, "last_ms": 400}]

    found = accuracy([_frame(400, "FERRY"), _frame(440, "FERRY")], truth)

    assert (found.read, found.shown) == (1, 1)


def test_nothing_shown_is_no_accuracy() -> None:
    assert accuracy([_frame(0, "FERRY")], []).percent == 0.0
    assert accuracy([_frame(0)], []).right_percent == 0.0
