"""An operator's own weights: untrained ones, told by hand which class they see everywhere."""

import hashlib

import pytest

from config.settings import PipelineSettings, SettingsError
from tests.data.videos import page, write_video
from tests.data.weights import Hostile, save_weights
from worker.pipeline.detect.detector import Detector
from worker.pipeline.detect.weights import find_weights
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import Frame
from worker.pipeline.libraries import torch
from worker.pipeline.registry import OBJECT_CLASS_IDS
from worker.pipeline.service import VideoFilePipelineService

# What has nothing to do with what runs the network is tried on what loads it soonest.
ON_TORCH = PipelineSettings(detector_backend="torch")


def weights(path):
    return {"detector_weights": str(path)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="module")
def boards(folder):
    return save_weights(folder / "boards.pt", "board", sees="board")


@pytest.fixture(scope="module")
def cars(folder):
    return save_weights(folder / "cars.pt", "lorry", "bus", "car", sees="car")


@pytest.fixture(scope="module")
def both(boards, cars):
    settings = PipelineSettings(detector_weights=str(boards), object_weights=str(cars))
    return VideoFilePipelineService(settings)


@pytest.fixture(scope="module")
def alone(boards):
    return VideoFilePipelineService(PipelineSettings(detector_weights=str(boards)))


@pytest.fixture(scope="module")
def video(folder):
    return write_video(folder / "video.mp4", [page(["NORTH 100", "PLATFORM SEVEN"])] * 2)


@pytest.fixture(scope="module")
def overflown(folder):
    return save_weights(folder / "overflown.pt", "board", sees="board", box_bias=float("nan"))


def found_in(records):
    return [found for record in records for found in record["result"]["detections"]]


def test_classes_of_other_weights_are_found_and_text_is_read_inside_their_boxes(alone, video):
    result, summary = alone.analyse(video, "yolo_ocr", max_frames=1)
    found = result.detections

    assert {(one.class_id, one.class_name) for one in found} == {(0, "board")}
    assert any("PLATFORM SEVEN" in one.text for one in found)
    assert summary.document["classes"]["board"]["detections"] == len(found)


def test_weights_that_carry_code_are_refused_and_the_code_is_not_run(tmp_path):
    hostile, mark = tmp_path / "hostile.pt", tmp_path / "ran"
    torch.save({"model": Hostile(mark)}, hostile)

    with pytest.raises(SettingsError, match=r"hostile\.pt: not the weights of a YOLO detector"):
        VideoFilePipelineService(PipelineSettings(detector_weights=str(hostile)))
    assert not mark.exists()


def test_two_detectors_find_side_by_side_and_their_class_ids_differ(both, video):
    found = found_in(both.run_on_file(video, "objects_and_text", max_frames=1))

    classes = {(one["class_id"], one["class_name"], "text" in one) for one in found}
    assert classes == {(0, "board", True), (OBJECT_CLASS_IDS + 2, "car", False)}


def test_the_provenance_names_the_weights_of_both(both, video, boards, cars):
    *_, summary = both.analyse(video, "objects_and_text", max_frames=1)

    nodes = summary.document["provenance"]["nodes"]

    assert nodes["text"]["weights_sha256"] == hashlib.sha256(boards.read_bytes()).hexdigest()
    assert nodes["objects"]["weights_sha256"] == hashlib.sha256(cars.read_bytes()).hexdigest()


def test_a_pipeline_without_its_second_weights_fails_by_name_and_the_others_run(alone, video):
    with pytest.raises(PipelineError, match="objects_and_text needs FORGESYTE_OBJECT_WEIGHTS"):
        list(alone.run_on_file(video, "objects_and_text"))

    assert list(alone.run_on_file(video, "detect_only", max_frames=1))


def test_a_video_of_nothing_but_overflow_has_failed(overflown, video):
    """PIP-1"""
    pipeline = VideoFilePipelineService(ON_TORCH.model_copy(update=weights(overflown)))

    with pytest.raises(PipelineError, match="every frame of the video failed"):
        list(pipeline.run_on_file(video, "yolo_ocr"))


def test_a_frame_whose_numbers_overflow_carries_an_error(overflown):
    own = PipelineSettings(detector_weights=str(overflown))

    (found,) = Detector(own, find_weights(own)).search([Frame(0, 0, page(["NORTH 100"]))])

    assert found.detections == ()
    assert found.error is not None
    assert found.error.code == "not_a_number"


def test_names_of_classes_hold_nothing_that_cannot_be_printed(folder, video):
    path = save_weights(folder / "names.pt", "bo\x00ard", sees="bo\x00ard")
    pipeline = VideoFilePipelineService(ON_TORCH.model_copy(update=weights(path)))

    result, summary = pipeline.analyse(video, "detect_only", max_frames=1)

    assert {found.class_name for found in result.detections} == {"bo\ufffdard"}
    assert list(summary.document["classes"]) == ["bo\ufffdard"]
