import hashlib
import shutil

import pytest

from config.settings import PipelineSettings, SettingsError
from worker.pipeline.detect.weights import (
    SHIPPED,
    added_folder,
    checksum_beside,
    find_object_weights,
    find_weights,
)

CONTENT = b"weights"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.pt"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def added(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "a user's data"))
    path = added_folder() / "cars.pt"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    checksum_beside(path).write_text(f"{SHA256}\n")
    return path


def test_the_weights_that_ship_match_their_checksum():
    assert find_weights(PipelineSettings()).path == SHIPPED
    assert checksum_beside(SHIPPED).is_file()


def test_weights_that_ship_are_not_loaded_without_their_checksum(tmp_path, monkeypatch):
    alone = tmp_path / "text-detector.pt"
    shutil.copyfile(SHIPPED, alone)
    monkeypatch.setattr("worker.pipeline.detect.weights.SHIPPED", alone)

    with pytest.raises(SettingsError, match="its checksum is missing; install again"):
        find_weights(PipelineSettings())


def test_weights_that_differ_from_the_checksum_beside_them_stop_the_start(own):
    checksum_beside(own).write_text(f"{'0' * 64}  own.pt\n")

    with pytest.raises(SettingsError, match=r"own\.pt: is not the file that own\.pt\.sha256 was"):
        find_weights(PipelineSettings(detector_weights=str(own)))


def test_an_operators_own_weights_need_no_checksum(own):
    weights = find_weights(PipelineSettings(detector_weights=str(own)))

    assert (weights.path, weights.sha256) == (own, SHA256)


def test_weights_that_were_added_go_by_their_name(added):
    weights = find_object_weights(PipelineSettings(object_weights="cars"))

    assert (weights.path, weights.sha256) == (added, SHA256)


def test_added_weights_that_were_changed_since_are_refused(added):
    added.write_bytes(b"others")

    with pytest.raises(SettingsError, match="FORGESYTE_OBJECT_WEIGHTS=cars: is not the file"):
        find_object_weights(PipelineSettings(object_weights="cars"))


def test_a_name_that_nobody_has_added_says_how_to_add_it(added):
    with pytest.raises(SettingsError, match="yolo11n: no such file; `forgesyte weights add yolo11"):
        find_object_weights(PipelineSettings(object_weights="yolo11n"))


def test_weights_that_are_not_there_are_named_and_not_downloaded(tmp_path):
    gone = str(tmp_path / "gone.pt")

    with pytest.raises(SettingsError, match=r"FORGESYTE_DETECTOR_WEIGHTS=.*gone\.pt: no such file"):
        find_weights(PipelineSettings(detector_weights=gone))
    with pytest.raises(SettingsError, match=r"FORGESYTE_OBJECT_WEIGHTS=yolo11n\.pt: .* downloaded"):
        find_object_weights(PipelineSettings(object_weights="yolo11n.pt"))
