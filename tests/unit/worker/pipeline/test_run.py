import json
from dataclasses import replace

import pytest

from config.graph import load_graph
from config.regions import ANYWHERE
from tests.data import videos
from tests.waiting import wait_until
from worker.pipeline.checkpoint import Checkpoint, unpacked
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import Detection, FrameError, Summary
from worker.pipeline.results.document import encode_frame
from worker.pipeline.run import BATCH_FRAMES, BATCHES_AHEAD, analyse
from worker.pipeline.stage import Step
from worker.pipeline.video.decode import open_for_decoding
from worker.pipeline.video.header import Limits

LIMITS = Limits(max_frame_pixels=10**7, max_video_seconds=60, max_video_frames=10**6)


class Finder:
    """Finds one thing in each frame, at the height it is given; frames of some numbers fail."""

    def __init__(self, name, y, *, fails=frozenset()):
        self.name, self.y, self.fails = name, y, fails
        self.batches = []
        self.region = None

    def start(self, counts, memory=None, *, region=ANYWHERE):
        self.region = region
        return Step(self.run)

    def run(self, frames):
        self.batches.append([frame.index for frame in frames])
        return [self.found(frame) for frame in frames]

    def found(self, frame):
        if frame.index in self.fails:
            return replace(frame, error=FrameError("read_failed", "told to"))
        box = (0.0, self.y, 9.0, self.y + 9.0)
        return replace(frame, detections=(Detection(0, "text", 0.9, box, self.name, 0.9),))

    def provenance(self):
        return {}


class HeldUp(Finder):
    """Begins with its first batch only when another stage has had so many."""

    def __init__(self, name, y, *, by, batches):
        super().__init__(name, y)
        self.by, self.awaited = by, batches

    def run(self, frames):
        wait_until(lambda: len(self.by.batches) >= self.awaited)
        return super().run(frames)


@pytest.fixture
def graph(tmp_path):
    document = {
        "pipeline_id": "two",
        "description": "Two nodes side by side",
        "nodes": [
            {"id": "in", "type": "frames"},
            {"id": "low", "type": "detect"},
            {"id": "high", "type": "read_frame"},
            {"id": "out", "type": "results"},
        ],
        "edges": [["in", "low"], ["in", "high"], ["low", "out"], ["high", "out"]],
    }
    path = tmp_path / "two.json"
    path.write_text(json.dumps(document))
    return load_graph(path)


class Recalling(Finder):
    """Finds what it is given, with the number of frames that it has seen as the text."""

    def start(self, counts, memory=None, *, region=ANYWHERE):
        seen = unpacked(memory, list) if memory else [0]

        def work(frames):
            nonlocal seen
            found = [self.found(frame) for frame in frames]
            numbered = [
                replace(frame, detections=(replace(frame.detections[0], text=f"{seen[0] + n}"),))
                for n, frame in enumerate(found)
            ]
            seen = [seen[0] + len(frames)]
            return numbered

        return Step(work, lambda: seen)


def run_video(path, graph, low, high, *, stride=1, max_frames=None, region=ANYWHERE):
    with open_for_decoding(path, LIMITS) as video:
        *results, summary = analyse(
            video,
            graph,
            {"low": low, "high": high},
            stride=stride,
            max_frames=max_frames,
            region=region,
            provenance={"pipeline": "two"},
        )
        return results, summary


@pytest.fixture
def video(tmp_path):
    return videos.text_video(tmp_path / "video.mp4", frames=20)


def test_frames_come_in_order_each_once(video, graph):
    """PIP-1"""
    results, _ = run_video(video, graph, Finder("a", 50.0), Finder("b", 0.0))

    assert [result.frame_index for result in results] == list(range(20))


def test_every_stage_is_told_where_the_plates_are_issued(video, graph):
    low, high = Finder("a", 50.0), Finder("b", 0.0)

    run_video(video, graph, low, high, region="br")

    assert (low.region, high.region) == ("br", "br")


class Plates(Finder):
    """Finds the plates of one country in each frame, one of them with an O for a 0."""

    NUMBERS = ("ZG123AB", "ST4567CD", "RI1234F", "DU987KL", "ZD1111C", "RK30OAG")

    def found(self, frame):
        plates = (
            Detection(1, "plate", 0.9, (100.0 * at, 0.0, 100.0 * at + 80, 20.0), number, 0.95)
            for at, number in enumerate(self.NUMBERS)
        )
        return replace(frame, detections=tuple(plates))


@pytest.mark.parametrize("region", [ANYWHERE, "es"])
def test_the_summary_tells_a_plates_letters_from_digits_by_the_other_plates(video, graph, region):
    *_, summary = run_video(video, graph, Plates("", 0), Finder("high", 0), region=region)

    said = [one["text"] for one in summary.document["texts"] if one["class_name"] == "plate"]
    assert ("RK300AG" in said) == (region == ANYWHERE)


def test_batches_are_cut_at_fixed_frames(video, graph):
    """WRK-4"""
    low = Finder("a", 50.0)

    run_video(video, graph, low, Finder("b", 0.0), stride=2)

    sampled = list(range(0, 20, 2))
    assert low.batches == [
        sampled[at : at + BATCH_FRAMES] for at in range(0, len(sampled), BATCH_FRAMES)
    ]


def test_a_stage_works_ahead_while_the_next_one_is_held_up(video, graph):
    low = Finder("a", 50.0)

    run_video(video, graph, low, HeldUp("b", 0.0, by=low, batches=1 + BATCHES_AHEAD))

    assert len(low.batches) == 20 / BATCH_FRAMES


def test_what_parallel_nodes_found_is_joined_in_reading_order(video, graph):
    results, _ = run_video(video, graph, Finder("below", 50.0), Finder("above", 0.0))

    assert all(result.text == "above\nbelow" for result in results)


def test_a_failed_frame_carries_its_error_and_the_video_goes_on(video, graph):
    results, summary = run_video(video, graph, Finder("a", 50.0, fails={3}), Finder("b", 0.0))

    assert [result.frame_index for result in results if result.error] == [3]
    assert summary.document["video"]["frames_failed"] == 1
    assert len(results) == 20


def test_a_video_of_which_every_frame_failed_has_failed(video, graph):
    failing = Finder("a", 50.0, fails=range(20))

    with pytest.raises(PipelineError) as failed:
        run_video(video, graph, failing, Finder("b", 0.0))

    assert failed.value.code == "internal_error"


def test_the_summary_says_how_much_of_the_video_was_there(tmp_path, video, graph):
    _, whole = run_video(video, graph, Finder("a", 50.0), Finder("b", 0.0), stride=5)
    broken = videos.truncated(tmp_path / "broken.mp4")
    _, part = run_video(broken, graph, Finder("a", 50.0), Finder("b", 0.0))

    assert whole.document["video"] == {
        "width": 640,
        "height": 360,
        "duration_ms": 2000,
        "frames_expected": 20,
        "frames_decoded": 20,
        "frames_analysed": 4,
        "frames_corrupt": 0,
        "frames_failed": 0,
        "truncated": False,
    }
    assert part.document["video"]["truncated"]
    assert part.document["video"]["frames_decoded"] < 20
    assert part.document["video"]["frames_expected"] == 20


def test_the_time_of_every_stage_is_kept(video, graph):
    _, summary = run_video(video, graph, Finder("a", 50.0), Finder("b", 0.0))

    assert set(summary.stage_seconds) == {"decode", "low", "high"}
    assert summary.stage_seconds["decode"] > 0


def test_every_detection_carries_the_track_it_belongs_to(video, graph):
    results, summary = run_video(
        video, graph, Finder("below", 50.0), Finder("above", 0.0), stride=4
    )

    assert [[found.track_id for found in one.detections] for one in results] == [[1, 2]] * 5
    listed = [
        (text["track_id"], text["text"], text["first_ms"], text["last_ms"])
        for text in summary.document["texts"]
    ]
    assert listed == [(1, "above", 0, 1600), (2, "below", 0, 1600)]


def analysed(path, graph, *, memory=None, stride=1, max_frames=None):
    """All that an analysis gives; a checkpoint after each batch."""
    with open_for_decoding(path, LIMITS) as video:
        return list(
            analyse(
                video,
                graph,
                {"low": Recalling("a", 50.0), "high": Finder("steady", 0.0, fails={6})},
                stride=stride,
                max_frames=max_frames,
                provenance={"pipeline": "two"},
                memory=memory,
                is_due=lambda: True,
            )
        )


def told(found):
    return [
        one.document if isinstance(one, Summary) else encode_frame(one)
        for one in found
        if not isinstance(one, Checkpoint)
    ]


@pytest.mark.parametrize("make", [videos.text_video, videos.truncated, videos.flipped_bits])
@pytest.mark.parametrize(("stride", "max_frames"), [(1, None), (2, 9)])
def test_an_analysis_goes_on_at_every_checkpoint_and_gives_the_same(
    tmp_path, graph, make, stride, max_frames
):
    """Frames, tracks, summary; of whole videos and of damaged ones, whatever the options."""
    path = make(tmp_path / "video.mp4")
    whole = analysed(path, graph, stride=stride, max_frames=max_frames)
    checkpoints = [n for n, found in enumerate(whole) if isinstance(found, Checkpoint)]
    for number in checkpoints:
        rest = analysed(
            path, graph, memory=whole[number].memory, stride=stride, max_frames=max_frames
        )

        assert told(rest) == told(whole[number + 1 :])
    assert checkpoints


def test_an_analysis_gives_no_checkpoint_that_nobody_asks_for(video, graph):
    results, _ = run_video(video, graph, Finder("a", 50.0), Finder("b", 0.0))

    assert not any(isinstance(result, Checkpoint) for result in results)
