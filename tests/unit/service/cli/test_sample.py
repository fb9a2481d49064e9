import json
from importlib.resources import files
from itertools import islice

import av
import numpy as np
import pytest

from tests.data.make_sample import FRAME_MS, FRAMES, HEIGHT, WIDTH, frames, truth
from worker.training.synth.held_out import WORDS

SAMPLE = files("service.cli.sample")
MAX_BYTES = 1_500_000


@pytest.fixture(scope="module")
def texts() -> list[dict]:
    return json.loads((SAMPLE / "sample.json").read_text())["texts"]


def test_the_video_is_small_enough_to_be_packaged() -> None:
    assert len((SAMPLE / "sample.mp4").read_bytes()) < MAX_BYTES


def test_the_video_has_ten_seconds_of_the_stated_size() -> None:
    with av.open(str(SAMPLE / "sample.mp4")) as container:
        times = [round(frame.time * 1000) for frame in container.decode(video=0)]
        stream = container.streams.video[0]

    assert times == [index * FRAME_MS for index in range(FRAMES)]
    assert (stream.codec_context.name, stream.width, stream.height) == ("h264", WIDTH, HEIGHT)


def test_the_video_shows_what_the_script_draws() -> None:
    with av.open(str(SAMPLE / "sample.mp4")) as container:
        decoded = [
            frame.to_ndarray(format="rgb24") for frame in islice(container.decode(video=0), 3)
        ]

    for drawn, shown in zip(frames(), decoded, strict=False):
        assert np.abs(drawn.astype(int) - shown.astype(int)).mean() < 6


def test_the_truth_is_the_scripts() -> None:
    assert json.loads((SAMPLE / "sample.json").read_text()) == truth()


def test_every_span_lies_within_the_video(texts: list[dict]) -> None:
    for span in texts:
        assert 0 <= span["first_ms"] <= span["last_ms"] < FRAMES * FRAME_MS
        for x1, y1, x2, y2 in (span["first_box"], span["last_box"]):
            assert 0 <= x1 < x2 <= WIDTH
            assert 0 <= y1 < y2 <= HEIGHT


def test_a_caption_changes_a_sign_stands_and_a_plate_moves(texts: list[dict]) -> None:
    by_kind = {kind: [span for span in texts if span["kind"] == kind] for kind in _kinds(texts)}

    assert len({span["text"] for span in by_kind["caption"]}) > 1
    assert all(span["first_box"] == span["last_box"] for span in by_kind["sign"])
    assert all(span["first_box"] != span["last_box"] for span in by_kind["plate"])
    assert len({span["text"] for span in by_kind["clock"]}) == len(by_kind["clock"])


def test_some_frames_carry_no_text(texts: list[dict]) -> None:
    empty = [
        index
        for index in range(FRAMES)
        if not any(span["first_ms"] <= index * FRAME_MS <= span["last_ms"] for span in texts)
    ]

    assert empty[0] == 0
    assert empty[-1] == FRAMES - 1


def test_the_detector_has_never_seen_the_videos_words(texts: list[dict]) -> None:
    words = {word for span in texts if span["kind"] != "clock" for word in span["text"].split()}

    assert words <= WORDS


def _kinds(texts: list[dict]) -> set[str]:
    return {span["kind"] for span in texts}
