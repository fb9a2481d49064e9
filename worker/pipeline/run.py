"""One video's way through a graph, every stage working ahead in a thread of its own."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from config.failures import FailureCode
from config.graph import Graph, NodeSpec
from config.regions import ANYWHERE
from worker.pipeline.ahead import ahead
from worker.pipeline.checkpoint import Checkpoint, IsDue, never, packed, unpacked
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import Frame, FrameResult, Summary
from worker.pipeline.results.document import result_of
from worker.pipeline.results.summary import MAX_TEXTS, Occurrences
from worker.pipeline.stage import Stage, Step
from worker.pipeline.timing import Observer, Timings, unobserved
from worker.pipeline.track.plates import told_apart
from worker.pipeline.track.tracker import Tracker
from worker.pipeline.video.decode import Reached, Video

# Batches are cut at these frames, never at what happens to be ready, so that bytes repeat. They are
# small, since nothing else has work while the first is decoded; some wait for a stage that has more
# to do with one of them than with another, or the stages before it would stand still.
BATCH_FRAMES, BATCHES_AHEAD = 4, 2
DECODE = "decode"


@dataclass(frozen=True, slots=True)
class _Memory:
    """All that the frames to come depend on; of the stages by node id, packed."""

    reached: Reached | None = None
    tracker: Tracker = field(default_factory=lambda: Tracker(most_texts=MAX_TEXTS))
    occurrences: Occurrences = field(default_factory=Occurrences)
    stages: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What each node, by id, gave for one batch, and what it remembers after it."""

    reached: Reached
    outputs: Mapping[str, list[Frame]]
    memories: Mapping[str, object] = field(default_factory=dict)

    def given_to(self, node: NodeSpec, graph: Graph) -> list[Frame]:
        """What the node takes."""
        return _joined([self.outputs[source] for source in graph.inputs_of(node)])


def analyse(
    video: Video,
    graph: Graph,
    stages: Mapping[str, Stage],
    *,
    stride: int,
    max_frames: int | None,
    provenance: Mapping[str, Any],
    region: str = ANYWHERE,
    observer: Observer = unobserved,
    memory: bytes | None = None,
    is_due: IsDue = never,
) -> Iterator[FrameResult | Checkpoint | Summary]:
    """Each sampled frame's result, in order, and then the summary; raises PipelineError.

    stages: the graph's, by node id. region: see Stage.start. observer: told of each stage's work.
    memory: a checkpoint's, of the same video, options and provenance, to go on with the frames that
    come after it. is_due: asked after each batch whether a checkpoint is to be given.
    A frame may fail and the video goes on; a video of which every frame failed is internal_error.
    """
    timings = Timings((DECODE, *stages), observer)
    counts: Counter[str] = Counter()
    before = unpacked(memory, _Memory) if memory else _Memory()
    tracker, occurrences = before.tracker, before.occurrences
    frames = video.frames(stride=stride, max_frames=max_frames, after=before.reached)
    steps = {
        name: stage.start(counts, before.stages.get(name), region=region)
        for name, stage in stages.items()
    }
    source, *_, sink = graph.nodes
    batches = _decoded(video, frames, source, timings)
    for batch in _analysed(batches, graph, steps, timings):
        for result in map(tracker.follow, map(result_of, batch.given_to(sink, graph))):
            occurrences.add(result)
            yield result
        if is_due():
            known = {name: packed(one) for name, one in batch.memories.items() if one is not None}
            yield Checkpoint(packed(_Memory(batch.reached, tracker, occurrences, known)))
    if occurrences.frames_failed == occurrences.frames_analysed:
        raise PipelineError(FailureCode.INTERNAL_ERROR, "every frame of the video failed")
    tracks, dropped = tracker.texts()
    document = {
        "video": _coverage(video, occurrences),
        "classes": occurrences.classes(),
        **occurrences.texts(told_apart(tracks, region), dropped_tracks=dropped),
        "provenance": provenance,
    }
    yield Summary(document, timings.seconds, counts)


def _decoded(
    video: Video, frames: Iterator[Frame], source: NodeSpec, timings: Timings
) -> Iterator[_Batch]:
    while True:
        with timings.timed(DECODE):
            batch = list(islice(frames, BATCH_FRAMES))
        if not batch:
            return
        yield _Batch(video.reached(batch[-1].index), {source.id: batch})


def _analysed(
    batches: Iterable[_Batch], graph: Graph, steps: Mapping[str, Step], timings: Timings
) -> Iterator[_Batch]:
    def through(node: NodeSpec, batches: Iterable[_Batch]) -> Iterator[_Batch]:
        step = steps[node.id]
        for batch in batches:
            frames = batch.given_to(node, graph)
            with timings.timed(node.id):
                found = step(frames)
            outputs = {**batch.outputs, node.id: found}
            yield _Batch(batch.reached, outputs, {**batch.memories, node.id: step.memory()})

    batches = ahead(batches, depth=BATCHES_AHEAD)
    for node in graph.nodes[1:-1]:
        batches = ahead(through(node, batches), depth=BATCHES_AHEAD)
    return batches


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
