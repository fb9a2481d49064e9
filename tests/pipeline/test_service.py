import json

import pytest

from tests.data import videos
from worker.pipeline.errors import PipelineError
from worker.pipeline.results.document import encode_frame, record_of

PLAIN = (dict, list, str, int, float, bool, type(None))


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return videos.text_video(tmp_path_factory.mktemp("videos") / "video.mp4", frames=10)


def types_in(value):
    yield type(value)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from types_in(item)


def test_the_words_of_a_video_are_read_at_their_time(pipeline, video):
    """PIP-1, PIP-2"""
    records = list(pipeline.run_on_file(video, "yolo_ocr", frame_stride=2))

    assert [record["frame_index"] for record in records] == [0, 2, 4, 6, 8]
    for number, record in enumerate(records):
        assert record["result"]["timestamp_ms"] == number * 200
        lines = f"{videos.WORDS[number]} {100 + number}\nPLATFORM SEVEN"
        assert record["result"]["text"] == lines


def test_a_record_is_json_and_nothing_else(pipeline, video):
    """Results once carried image bytes and numpy's numbers; json.dumps raised."""
    records = list(pipeline.run_on_file(str(video), "yolo_ocr", max_frames=3))

    *results, summary = pipeline.analyse(str(video), "yolo_ocr", max_frames=3)
    assert set(types_in(records)) <= set(PLAIN)
    assert [json.loads(encode_frame(result)) for result in results] == records
    assert list(map(record_of, results)) == records
    assert json.loads(json.dumps(summary.document)) == summary.document


def test_detection_alone_reads_nothing(pipeline, video):
    """PIP-2"""
    (record,) = pipeline.run_on_file(video, "detect_only", max_frames=1)

    assert record["result"]["text"] == ""
    assert record["result"]["detections"]
    assert not any("text" in found for found in record["result"]["detections"])


def test_reading_alone_gives_a_detection_for_each_line(pipeline, video):
    """PIP-2"""
    (record,) = pipeline.run_on_file(video, "ocr_only", max_frames=1)

    assert record["result"]["text"] == "NORTH 100\nPLATFORM SEVEN"
    assert [found["class_name"] for found in record["result"]["detections"]] == ["text", "text"]


def test_the_summary_lists_texts_and_classes_with_their_times(pipeline, video):
    *_, last = pipeline.analyse(video, "yolo_ocr", frame_stride=5)

    summary = last.document
    texts = {seen["text"]: (seen["first_ms"], seen["last_ms"]) for seen in summary["texts"]}
    assert texts["PLATFORM SEVEN"] == (0, 500)
    assert summary["texts_truncated"] is False
    assert summary["classes"]["text"]["frames"] == 2
    assert summary["video"]["frames_analysed"] == 2


def test_the_provenance_names_everything_that_decides_the_bytes(pipeline, video):
    """WRK-4"""
    *_, summary = pipeline.analyse(video, "yolo_ocr", frame_stride=5, max_frames=1, region="br")

    provenance = summary.document["provenance"]
    assert provenance["pipeline"] == "yolo_ocr"
    assert provenance["options"] == {"frame_stride": 5, "max_frames": 1, "region": "br"}
    assert {"program", "batch_frames", "libraries", "decoder", "nodes"} <= set(provenance)
    assert [len(provenance[f"{name}_sha256"]) for name in ("program", "pipeline")] == [64, 64]
    assert len(provenance["nodes"]["detect"]["weights_sha256"]) == 64
    assert {"backend", "precision", "processor"} <= set(provenance["nodes"]["detect"])
    assert {"engine", "version", "tessdata_sha256"} <= set(provenance["nodes"]["read"])


def test_what_a_summary_will_name_is_known_before(pipeline, video):
    """A repeat is looked for by it: what is told before the video is what its summary says."""
    *_, summary = pipeline.analyse(video, "detect_only", frame_stride=5, max_frames=1)

    provenance = dict(summary.document["provenance"])
    assert provenance.pop("options") == {"frame_stride": 5, "max_frames": 1, "region": "auto"}
    assert provenance == pipeline.provenances["detect_only"]
    assert "objects_and_text" not in pipeline.provenances


def test_a_bad_video_leaves_the_pipeline_fit_for_the_next(pipeline, video, tmp_path):
    """WRK-3"""
    for name, make in videos.CORRUPT.items():
        path = make(tmp_path / f"{name}.mp4")
        if name in {"truncated", "flipped_bits"}:
            assert list(pipeline.run_on_file(path, "detect_only", frame_stride=10))
        else:
            with pytest.raises(PipelineError):
                list(pipeline.run_on_file(path, "detect_only"))

    assert len(list(pipeline.run_on_file(video, "detect_only", frame_stride=5))) == 2


def test_a_pipeline_that_does_not_exist_is_named(pipeline, video):
    with pytest.raises(PipelineError, match="there is no pipeline mine; there are detect_only"):
        list(pipeline.run_on_file(video, "mine"))


def test_the_frames_that_are_decoded_are_counted_while_the_video_runs(pipeline, video):
    """Also those between two sampled ones: they are how a stall is told from a long way."""
    records = pipeline.run_on_file(video, "detect_only", frame_stride=9)
    next(records)
    assert pipeline.frames_decoded >= 1
    assert len(list(records)) == 1
    assert pipeline.frames_decoded == 10

    next(pipeline.run_on_file(video, "detect_only", max_frames=1))
    assert pipeline.frames_decoded == 1
