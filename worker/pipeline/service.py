"""The pipeline as a whole: a video in, one result a frame out, and a summary at the end."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
import rapidfuzz

from config.failures import FailureCode
from config.graph import Graph, load_pipelines, unset_for
from config.regions import ANYWHERE
from config.settings import PipelineSettings
from worker.pipeline.checkpoint import Checkpoint, IsDue, never
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import FrameResult, Summary
from worker.pipeline.program import program_sha256, program_version
from worker.pipeline.registry import Registry, stages_of
from worker.pipeline.results.document import record_of
from worker.pipeline.run import BATCH_FRAMES, analyse
from worker.pipeline.stage import Stage
from worker.pipeline.timing import Observer, unobserved
from worker.pipeline.video.decode import Video, decoder_provenance, open_for_decoding
from worker.pipeline.video.header import Limits


class VideoFilePipelineService:
    """Runs videos through the pipelines of config/pipelines, one after the other.

    The models are loaded once, when the service is made, and serve every video after that.
    """

    def __init__(self, settings: PipelineSettings) -> None:
        """Load every pipeline's models; raises SettingsError or GraphError when one cannot be.

        A pipeline that needs a setting which is not set is left out.
        """
        registry = Registry(settings)
        self._limits = Limits.of(settings)
        self._graphs = load_pipelines()
        self._unset = {name: unset_for(graph, settings) for name, graph in self._graphs.items()}
        self._stages = {
            name: stages_of(graph, registry)
            for name, graph in self._graphs.items()
            if self._unset[name] is None
        }
        # A stage may change what all share, as torch's threads: so after the last is built.
        program = {"program": program_version(), "program_sha256": program_sha256()}
        self._provenances = MappingProxyType(
            {
                name: {**program, **_provenance(self._graphs[name], stages)}
                for name, stages in self._stages.items()
            }
        )
        self._video: Video | None = None
        self._frames_expected = 0

    def run_on_file(
        self,
        path: str | Path,
        pipeline_id: str,
        frame_stride: int = 1,
        max_frames: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Every frame_stride-th frame's `{"frame_index", "result"}`, in order, at most max_frames.

        Raises PipelineError, whose code is one of the contract's codes of failed jobs.
        """
        for found in self.analyse(path, pipeline_id, frame_stride, max_frames):
            if isinstance(found, FrameResult):
                yield record_of(found)

    def analyse(
        self,
        path: str | Path,
        pipeline_id: str,
        frame_stride: int = 1,
        max_frames: int | None = None,
        observer: Observer = unobserved,
        *,
        region: str = ANYWHERE,
        memory: bytes | None = None,
        is_due: IsDue = never,
    ) -> Iterator[FrameResult | Checkpoint | Summary]:
        """The results of the same frames, and then the video's summary; raises PipelineError.

        observer: told of each stage's work on each batch. region: ANYWHERE or one of REGIONS, whose
        plates' formats tell O from 0. memory: a checkpoint's, of the same video, options and
        provenance: only the frames after it are given. is_due: asked after each batch whether a
        checkpoint is to be given.
        """
        graph, stages = self._graph(pipeline_id), self._stages[pipeline_id]
        options = {"frame_stride": frame_stride, "max_frames": max_frames, "region": region}
        self._video = None
        with open_for_decoding(Path(path), self._limits) as self._video:
            self._frames_expected = self._video.header.frames_sampled(frame_stride, max_frames)
            yield from analyse(
                self._video,
                graph,
                stages,
                stride=frame_stride,
                max_frames=max_frames,
                region=region,
                observer=observer,
                memory=memory,
                is_due=is_due,
                provenance={**self._provenances[pipeline_id], "options": options},
            )

    @property
    def provenances(self) -> Mapping[str, Mapping[str, Any]]:
        """Of each pipeline that can be run: all that decides its results but video and options."""
        return self._provenances

    @property
    def frames_decoded(self) -> int:
        """Frames decoded so far of the video under way; from any thread."""
        video = self._video
        return 0 if video is None else video.tally.frames_decoded

    @property
    def frames_expected(self) -> int:
        """Frames to analyse of the video begun last, as its header promises; from any thread."""
        return self._frames_expected

    def _graph(self, pipeline_id: str) -> Graph:
        if pipeline_id not in self._graphs:
            reason = f"there is no pipeline {pipeline_id}; there are {', '.join(self._graphs)}"
        elif unset := self._unset[pipeline_id]:
            reason = f"pipeline {pipeline_id} needs {unset}, which is not set"
        else:
            return self._graphs[pipeline_id]
        raise PipelineError(FailureCode.INTERNAL_ERROR, reason)


def _provenance(graph: Graph, stages: Mapping[str, Stage]) -> dict[str, Any]:
    return {
        "pipeline": graph.pipeline_id,
        "pipeline_sha256": hashlib.sha256(graph.model_dump_json().encode()).hexdigest(),
        "batch_frames": BATCH_FRAMES,
        "libraries": {
            "numpy": np.__version__,
            "opencv": cv2.__version__,
            "rapidfuzz": rapidfuzz.__version__,
        },
        "decoder": decoder_provenance(),
        "nodes": {name: dict(stage.provenance()) for name, stage in stages.items()},
    }
