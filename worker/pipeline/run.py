"""One video's way through a graph, every stage working ahead in a thread of its own."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from config.failures import FailureCode
from config.graph import Graph, NodeSpec
from worker.pipeline.ahead import ahead
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import Frame, FrameResult, Summary
from worker.pipeline.results.document import result_of
from worker.pipeline.results.summary import MAX_TEXTS, Occurrences
from worker.pipeline.stage import Stage
from worker.pipeline.timing import Observer, Timings, unobserved
from worker.pipeline.track.tracker import Tracker
from worker.pipeline.video.decode import Video

# Batches are cut at these frames, never at what happens to be ready, so that bytes repeat. They are
# small, since nothing else has work while the first is decoded; some wait for a stage that has more
# to do with one of them than with another, or the stages before it would stand still.
BATCH_FRAMES, BATCHES_AHEAD = 4, 2
DECODE = "decode"

# What each node, by id, gave for one batch.
Outputs = dict[str, list[Frame]]


def analyse(
    video: Video,
    graph: Graph,
    stages: Mapping[str, Stage],
    *,
    stride: int,
    max_frames: int | None,
    provenance: Mapping[str, Any],
    observer: Observer = unobserved,
) -> Iterator[FrameResult | Summary]:
    """Each sampled frame's result, in order, and then the summary; raises PipelineError.

    stages: the graph's, by node id. observer: told of each stage's work. A frame may fail and the
    video goes on; a video of which every frame failed is internal_error.
    """
    timings = Timings((DECODE, *stages), observer)
    counts: Counter[str] = Counter()
    tracker, occurrences = Tracker(most_texts=MAX_TEXTS), Occurrences()
    batches = _decoded(video.frames(stride=stride, max_frames=max_frames), timings)
    for batch in _analysed(batches, graph, stages, timings, counts):
        for result in map(tracker.follow, map(result_of, batch)):
            occurrences.add(result)
            yield result
    if occurrences.frames_failed == occurrences.frames_analysed:
        raise PipelineError(FailureCode.INTERNAL_ERROR, "every frame of the video failed")
    tracks, dropped = tracker.texts()
    document = {
        "video": _coverage(video, occurrences),
        "classes": occurrences.classes(),
        **occurrences.texts(tracks, dropped_tracks=dropped),
        "provenance": provenance,
    }
    yield Summary(document, timings.seconds, counts)


def _decoded(frames: Iterator[Frame], timings: Timings) -> Iterator[list[Frame]]:
    while True:
        with timings.timed(DECODE):
            batch = list(islice(frames, BATCH_FRAMES))
        if not batch:
            return
        yield batch


def _analysed(
    batches: Iterable[list[Frame]],
    graph: Graph,
    stages: Mapping[str, Stage],
    timings: Timings,
    counts: Counter[str],
) -> Iterator[list[Frame]]:
    def inputs_of(node: NodeSpec, outputs: Outputs) -> list[Frame]:
        return _joined([outputs[source] for source in graph.inputs_of(node)])

    def through(node: NodeSpec, states: Iterable[Outputs]) -> Iterator[Outputs]:
        step = stages[node.id].start(counts)
        for outputs in states:
            frames = inputs_of(node, outputs)
            with timings.timed(node.id):
                found = step(frames)
            yield {**outputs, node.id: found}

    source, *nodes, sink = graph.nodes
    states: Iterator[Outputs] = (
        {source.id: batch} for batch in ahead(batches, depth=BATCHES_AHEAD)
    )
    for node in nodes:
        states = ahead(through(node, states), depth=BATCHES_AHEAD)
    for outputs in states:
        yield inputs_of(sink, outputs)


def _joined(inputs: Sequence[list[Frame]]) -> list[Frame]:
    if len(inputs) == 1:
        return inputs[0]
    return [_merged(same) for same in zip(*inputs, strict=True)]


def _merged(same: Sequence[Frame]) -> Frame:
    detections = tuple(found for frame in same for found in frame.detections)
    error = next((frame.error for frame in same if frame.error), None)
    return replace(same[0], detections=detections, error=error)


def _coverage(video: Video, occurrences: Occurrences) -> dict[str, Any]:
    """What the video was: its size as shown, and how much of it was there."""
    tally, header = video.tally, video.header
    return {
        "width": tally.width,
        "height": tally.height,
        "duration_ms": header.duration_ms,
        "frames_expected": header.frames_expected,
        "frames_decoded": tally.frames_decoded,
        "frames_analysed": occurrences.frames_analysed,
        "frames_corrupt": tally.frames_corrupt,
        "frames_failed": occurrences.frames_failed,
        "truncated": video.truncated,
    }
