"""Reading the footage to measure on."""

import pytest

from worker.training.detector.model import build, save_weights
from worker.training.evaluation.finding import (
    FootageUnusable,
    false_boxes,
    open_detector,
    plates_in_photos,
)


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    file = tmp_path_factory.mktemp("weights") / "untrained.pt"
    save_weights(build(), file)
    return open_detector(file)


def test_the_inputs_longest_side_is_as_asked(tmp_path):
    save_weights(build(), tmp_path / "untrained.pt")

    letterbox = open_detector(tmp_path / "untrained.pt", pixels=960).letterbox((1280, 720))

    assert letterbox.scaled == (960, 540)


def test_a_folder_without_truth_is_named(detector, tmp_path):
    with pytest.raises(FootageUnusable, match=r"NAME\.txt"):
        plates_in_photos(detector, tmp_path)


def test_a_truth_that_is_not_one_is_named(detector, tmp_path):
    (tmp_path / "car.txt").write_text("car.jpg 1 2 three 4 ABC123")

    with pytest.raises(FootageUnusable, match=r"car\.txt"):
        plates_in_photos(detector, tmp_path)


def test_a_photo_that_cannot_be_read_is_named(detector, tmp_path):
    (tmp_path / "car.txt").write_text("car.jpg 1 2 3 4 ABC123")

    with pytest.raises(FootageUnusable, match=r"car\.jpg"):
        plates_in_photos(detector, tmp_path)


def test_a_video_that_cannot_be_read_is_named(detector, tmp_path):
    (tmp_path / "video.mp4").write_text("no video")

    with pytest.raises(FootageUnusable, match=r"video\.mp4"):
        false_boxes(detector, tmp_path / "video.mp4")
