from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.benchmarks.videos.encoding import encode, repeat, with_lead

SIZE, RATE, FRAMES = (128, 64), 25, 30


@pytest.fixture
def video(tmp_path: Path) -> Path:
    noise = np.random.default_rng(3)
    pictures = (
        np.full((64, 128, 3), number * 8, np.uint8) + noise.integers(0, 9, (64, 128, 3), np.uint8)
        for number in range(FRAMES)
    )
    encode(tmp_path / "video.mp4", pictures, size=SIZE, rate=RATE)
    return tmp_path / "video.mp4"


def frames(path: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as opened:
        return [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]


def every(path: Path, stride: int) -> Iterator[NDArray[np.uint8]]:
    """As ultralytics takes every stride-th frame of a file."""
    capture = cv2.VideoCapture(str(path))
    while all(capture.grab() for _ in range(stride)):
        yield capture.retrieve()[1]
    capture.release()


def test_the_frames_behind_a_lead_are_the_videos_own(video: Path, tmp_path: Path) -> None:
    with_lead(video, tmp_path / "led.mp4", 4)

    own, led = frames(video), frames(tmp_path / "led.mp4")
    assert len(led) == len(own) + 4
    assert all(np.array_equal(one, other) for one, other in zip(own, led[4:], strict=True))


@pytest.mark.parametrize("stride", [1, 5, 10])
def test_the_script_is_given_the_frames_that_ours_reads(
    video: Path, tmp_path: Path, stride: int
) -> None:
    with_lead(video, tmp_path / "led.mp4", stride - 1)

    ours = list(every(video, 1))[::stride]
    given = list(every(tmp_path / "led.mp4", stride))
    assert len(given) == FRAMES // stride
    assert all(np.array_equal(one, other) for one, other in zip(ours, given, strict=True))


def test_a_repeated_video_shows_the_same_frames_again(video: Path, tmp_path: Path) -> None:
    repeat(video, tmp_path / "long.mp4", 3)

    own, long = frames(video), frames(tmp_path / "long.mp4")
    assert len(long) == 3 * len(own)
    assert all(np.array_equal(one, other) for one, other in zip(own * 3, long, strict=True))


def test_times_go_on_through_a_repeated_video(video: Path, tmp_path: Path) -> None:
    repeat(video, tmp_path / "long.mp4", 3)

    with av.open(str(tmp_path / "long.mp4")) as opened:
        times = [round(frame.time * RATE) for frame in opened.decode(video=0)]
    assert times == list(range(3 * FRAMES))
