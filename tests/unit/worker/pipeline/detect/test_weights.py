import hashlib

import pytest

from config.settings import PipelineSettings, SettingsError
from worker.pipeline.detect.weights import SHIPPED, find_object_weights, find_weights


@pytest.fixture
def shipped(tmp_path):
    path = tmp_path / "detector.pt"
    path.write_bytes(b"weights")
    checksum = hashlib.sha256(b"weights").hexdigest()
    path.with_name("detector.pt.sha256").write_text(f"{checksum}  detector.pt\n")
    return path


def test_the_weights_that_ship_match_their_checksum():
    assert find_weights(PipelineSettings()).path == SHIPPED


def test_changed_weights_stop_the_start(shipped):
    shipped.write_bytes(b"others")

    with pytest.raises(SettingsError, match="is not the file that ships"):
        find_weights(PipelineSettings(), shipped=shipped)


def test_an_operators_own_weights_need_no_checksum(tmp_path, shipped):
    own = tmp_path / "own.pt"
    own.write_bytes(b"own")

    weights = find_weights(PipelineSettings(detector_weights=str(own)), shipped=shipped)

    assert (weights.path, weights.sha256) == (own, hashlib.sha256(b"own").hexdigest())


def test_weights_that_are_not_there_are_named_and_not_downloaded(tmp_path):
    gone = str(tmp_path / "gone.pt")

    with pytest.raises(SettingsError, match=r"FORGESYTE_DETECTOR_WEIGHTS=.*gone\.pt: no such file"):
        find_weights(PipelineSettings(detector_weights=gone))
    with pytest.raises(SettingsError, match=r"FORGESYTE_OBJECT_WEIGHTS=yolo11n\.pt: .* downloaded"):
        find_object_weights(PipelineSettings(object_weights="yolo11n.pt"))
