import json

import pytest
from click.testing import CliRunner

from config.graph import GraphError
from tests.data import videos
from worker.analyse import main


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return videos.text_video(tmp_path_factory.mktemp("videos") / "video.mp4", frames=6)


def analysed(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def table_rows(text):
    rows = (line.split("│") for line in text.splitlines() if line.count("│") == 3)
    return [(name, value) for _, name, value, _ in rows]


def test_the_results_document_goes_to_standard_output(video):
    result = analysed(video, "--frame-stride", 2)

    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert list(document) == ["results"]
    assert [frame["frame_index"] for frame in document["results"]] == [0, 2, 4]
    assert result.stderr == ""


def test_a_profile_tells_the_seconds_of_every_stage(video):
    result = analysed(video, "--profile", "--json", "--max-frames", 2)

    document = json.loads(result.stdout)
    assert document["profile"]["frames"] == len(document["results"]) == 2
    assert set(document["profile"]["stages"]) == {"decode", "detect", "read"}
    assert document["profile"]["seconds"] > 0
    assert document["profile"]["cpu_seconds"] > 0
    assert document["profile"]["crops_read"] > 0
    assert result.stderr == ""


def test_a_profile_is_a_table_for_people(video):
    """Every second frame of this video looks like the one before it."""
    result = analysed(video, "--profile", "--max-frames", 2)

    document = json.loads(result.stdout)
    rows = {name.strip(): value.strip() for name, value in table_rows(result.stderr)}
    assert rows["frames"] == "2"
    assert rows["frames reused"] == "1"
    assert int(rows["crops reused"]) == int(rows["crops read"]) == document["profile"]["crops_read"]
    assert rows.keys() >= {"decode, seconds", "detect, seconds", "read, seconds", "seconds"}


def test_a_region_is_told_and_one_there_is_not_is_refused(video, tmp_path):
    summary = tmp_path / "summary.json"
    told = analysed(video, "--region", "BR", "--max-frames", 1, "--summary", summary)
    refused = analysed(video, "--region", "atlantis")

    assert told.exit_code == 0
    assert json.loads(summary.read_text())["provenance"]["options"]["region"] == "br"
    assert refused.exit_code == 2
    assert "'auto', 'ar', 'at'" in refused.stderr


def test_a_pipeline_there_is_not_is_one_line(video):
    result = analysed(video, "--pipeline", "mine")

    assert result.exit_code == 2
    assert "there is no pipeline 'mine'; there are detect_only" in result.stderr


def test_a_broken_pipeline_is_told_of_and_help_is_there_all_the_same(video, monkeypatch):
    def refuse():
        raise GraphError("broken.json: pipeline_id is 'ocr_only', expected 'broken'")

    monkeypatch.setattr("worker.analyse.load_pipelines", refuse)
    result = analysed(video)

    assert result.exit_code != 0
    assert "broken.json" in result.stderr
    assert "Traceback" not in result.stderr
    assert analysed("--help").exit_code == 0


def test_another_pipeline_can_be_named(video):
    result = analysed(video, "--pipeline", "detect_only", "--max-frames", 1)

    (frame,) = json.loads(result.stdout)["results"]
    assert "text" not in frame["result"]["detections"][0]


def test_a_video_that_cannot_be_read_ends_in_one_line_and_no_document(tmp_path):
    path = videos.png(tmp_path / "video.mp4")

    result = analysed(path)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == "Error: the file is not a readable MP4 video (corrupt_video)\n"


def test_a_video_that_ends_early_is_read_as_far_as_it_goes_and_said_to_be_short(tmp_path):
    path = videos.truncated(tmp_path / "video.mp4")

    result = analysed(path)

    frames = len(json.loads(result.stdout)["results"])
    assert result.exit_code == 0
    assert result.stderr == (f"the video ends early: {frames} of 20 frames could be decoded\n")


def test_a_bad_setting_ends_in_one_line_that_names_it(video, monkeypatch):
    monkeypatch.setenv("FORGESYTE_READER_ENGINE", "eyes")

    result = analysed(video)

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: FORGESYTE_READER_ENGINE=eyes")


def test_a_pipeline_that_needs_a_setting_says_which_one(video, monkeypatch):
    monkeypatch.delenv("FORGESYTE_OBJECT_WEIGHTS", raising=False)

    result = analysed(video, "--pipeline", "objects_and_text")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "Error: FORGESYTE_OBJECT_WEIGHTS: is not set, and pipeline objects_and_text needs it\n"
    )


def test_a_trace_has_every_batch_of_every_stage_in_the_stage_s_own_lane(tmp_path):
    video = videos.text_video(tmp_path / "video.mp4", frames=20)
    file = tmp_path / "a trace.json"

    result = analysed(video, "--json", "--trace", file)

    events = json.loads(file.read_text())
    lanes = {one["tid"]: one["args"]["name"] for one in events if one["ph"] == "M"}
    batches = [(lanes[one["tid"]], one["args"]["batch"]) for one in events if one["ph"] == "X"]
    assert result.exit_code == 0
    assert sorted(lanes.values()) == ["decode", "detect", "read"]
    assert set(batches) >= {(stage, batch) for stage in lanes.values() for batch in range(3)}
    assert all(one["dur"] >= 0 <= one["ts"] for one in events if one["ph"] == "X")


def test_a_trace_that_cannot_be_written_is_refused_before_any_work(video, tmp_path):
    result = analysed(video, "--trace", tmp_path / "nowhere" / "trace.json")

    assert result.exit_code == 2
    assert "No such file or directory" in result.stderr
