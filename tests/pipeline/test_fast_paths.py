"""What makes it fast changes nothing that is found: cores, the runtime, and reuse."""

import pytest

from tests.data import videos
from worker.pipeline.results.document import record_of
from worker.pipeline.service import VideoFilePipelineService


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("videos") / "video.mp4"
    return videos.text_video(path, frames=12)


def results(settings, video, **changes):
    service = VideoFilePipelineService(settings.model_copy(update=changes))
    *found, summary = service.analyse(video, "yolo_ocr")
    return [record_of(one) for one in found], summary.document["provenance"]


def texts(records):
    return [record["result"]["text"] for record in records]


@pytest.fixture(scope="module")
def two_cores(pipeline_settings, video):
    return results(pipeline_settings, video, cores=2)


def test_one_core_gives_the_bytes_that_two_give(pipeline_settings, video, two_cores):
    assert results(pipeline_settings, video, cores=1) == two_cores


def test_without_reuse_every_frame_says_the_same(pipeline_settings, video, two_cores):
    records, provenance = results(pipeline_settings, video, reuse="off")

    assert texts(records) == texts(two_cores[0])
    assert [node["reuse"] for node in provenance["nodes"].values()] == [False, False]
    assert [node["reuse"] for node in two_cores[1]["nodes"].values()] == [True, True]


def test_torch_finds_what_openvino_finds(pipeline_settings, video, two_cores):
    records, provenance = results(pipeline_settings, video, detector_backend="torch")

    assert texts(records) == texts(two_cores[0])
    assert provenance["nodes"]["detect"]["threads"] >= 1
    backends = [one["nodes"]["detect"]["backend"] for one in (provenance, two_cores[1])]
    assert backends == ["torch", "openvino"]
