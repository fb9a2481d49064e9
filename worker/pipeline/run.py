"""One video's way through the nodes of a graph, every node working ahead in a thread of its own."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from config.failures import FailureCode
from config.graph import Graph, NodeSpec
from worker.pipeline import node
from worker.pipeline.ahead import ahead
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import Frame
from worker.pipeline.results.document import record_of
from worker.pipeline.results.summary import MAX_TEXTS, Sightings
from worker.pipeline.track.tracker import Tracker
from worker.pipeline.video.decode import Video

# Batches are cut at these frames, never at what happens to be ready, so that bytes repeat.
BATCH_FRAMES = 8
DECODE = "decode"

# What each node, by id, gave for one batch.
Outputs = dict[str, list[Frame]]


class Run:
    """Takes one open video through a graph; iterate `records` once."""

    def __init__(self, video: Video, graph: Graph, nodes: Mapping[str, node.Node]) -> None:
        self.video = video
        self.graph = graph
        self.nodes = nodes
        self.sightings = Sightings()
        self.tracker = Tracker(most_texts=MAX_TEXTS)
        self.stage_seconds = dict.fromkeys((DECODE, *nodes), 0.0)

    def records(self, *, stride: int, max_frames: int | None) -> Iterator[dict[str, Any]]:
        """Each sampled frame's record, in order; raises PipelineError.

        A frame may fail and the video goes on; a video of which every frame failed is
        internal_error.
        """
        for batch in self._results(self._decoded(stride, max_frames)):
            for record in map(self.tracker.follow, map(record_of, batch)):
                self.sightings.add(record)
                yield record
        if self.sightings.frames_failed == self.sightings.frames_analysed:
            raise PipelineError(FailureCode.INTERNAL_ERROR, "every frame of the video failed")

    def coverage(self) -> dict[str, Any]:
        """What the video was: its size as shown, and how much of it was there."""
        tally, header = self.video.tally, self.video.header
        return {
            "width": tally.width,
            "height": tally.height,
            "duration_ms": header.duration_ms,
            "frames_expected": header.frames_expected,
            "frames_decoded": tally.frames_decoded,
            "frames_analysed": self.sightings.frames_analysed,
            "frames_corrupt": tally.frames_corrupt,
            "frames_failed": self.sightings.frames_failed,
            "truncated": self.video.truncated,
        }

    def texts(self) -> dict[str, Any]:
        """`texts`, what the video said and when, and `texts_truncated`, whether it said more."""
        tracks = self.tracker.texts()
        truncated = self.tracker.dropped_texts or self.sightings.texts_truncated(tracks)
        return {"texts": self.sightings.texts(tracks), "texts_truncated": truncated}

    def _decoded(self, stride: int, max_frames: int | None) -> Iterator[list[Frame]]:
        frames = self.video.frames(stride=stride, max_frames=max_frames)
        while True:
            started = time.perf_counter()
            batch = list(islice(frames, BATCH_FRAMES))
            self._took(DECODE, started)
            if not batch:
                return
            yield batch

    def _results(self, batches: Iterable[list[Frame]]) -> Iterator[list[Frame]]:
        source, *steps, sink = self.graph.nodes
        states: Iterator[Outputs] = ({source.id: batch} for batch in ahead(batches))
        for step in steps:
            states = ahead(self._through(step, states))
        for outputs in states:
            yield _joined([outputs[source] for source in self.graph.inputs_of(sink)])

    def _through(self, step: NodeSpec, states: Iterable[Outputs]) -> Iterator[Outputs]:
        for outputs in states:
            frames = _joined([outputs[source] for source in self.graph.inputs_of(step)])
            started = time.perf_counter()
            found = self.nodes[step.id].run(frames)
            self._took(step.id, started)
            yield {**outputs, step.id: found}

    def _took(self, stage: str, started: float) -> None:
        self.stage_seconds[stage] += time.perf_counter() - started


def _joined(inputs: Sequence[list[Frame]]) -> list[Frame]:
    if len(inputs) == 1:
        return inputs[0]
    return [_merged(same) for same in zip(*inputs, strict=True)]


def _merged(same: Sequence[Frame]) -> Frame:
    detections = tuple(found for frame in same for found in frame.detections)
    error = next((frame.error for frame in same if frame.error), None)
    return replace(same[0], detections=detections, error=error)
