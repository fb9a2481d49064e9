"""The pipeline as a whole: a video in, one record a frame out, and a summary at the end."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rapidfuzz

from config.failures import FailureCode
from config.graph import Graph, load_pipelines, unset_for
from config.settings import PipelineSettings
from worker.pipeline.errors import PipelineError
from worker.pipeline.registry import Registry, nodes_of
from worker.pipeline.run import BATCH_FRAMES, Run
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
        self._limits = Limits(settings.max_frame_pixels, settings.max_video_seconds)
        self._graphs = load_pipelines()
        self._unset = {name: unset_for(graph, settings) for name, graph in self._graphs.items()}
        self._nodes = {
            name: nodes_of(graph, registry)
            for name, graph in self._graphs.items()
            if self._unset[name] is None
        }
        self._video: Video | None = None
        self._last: tuple[Run, dict[str, Any]] | None = None

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
        graph = self._graph(pipeline_id)
        self._last = self._video = None
        with open_for_decoding(Path(path), self._limits) as video:
            self._video = video
            run = Run(video, graph, self._nodes[pipeline_id])
            yield from run.records(stride=frame_stride, max_frames=max_frames)
        self._last = run, {"frame_stride": frame_stride, "max_frames": max_frames}

    @property
    def frames_decoded(self) -> int:
        """Frames decoded so far of the video under way; from any thread."""
        video = self._video
        return 0 if video is None else video.tally.frames_decoded

    def summary(self) -> dict[str, Any]:
        """What the video was that was run to its end.

        `{"video", "classes", "texts", "texts_truncated", "provenance"}`.
        """
        run, options = self._finished()
        return {
            "video": run.coverage(),
            "classes": run.sightings.classes(),
            **run.texts(),
            "provenance": {
                "program": _program_version(),
                "pipeline": run.graph.pipeline_id,
                "options": options,
                "batch_frames": BATCH_FRAMES,
                "libraries": {
                    "numpy": np.__version__,
                    "opencv": cv2.__version__,
                    "rapidfuzz": rapidfuzz.__version__,
                },
                "decoder": decoder_provenance(),
                "nodes": {name: dict(node.provenance()) for name, node in run.nodes.items()},
            },
        }

    def stage_seconds(self) -> dict[str, float]:
        """Seconds that decoding and each node took for that video; nodes work at the same time."""
        run, _ = self._finished()
        return dict(run.stage_seconds)

    def _graph(self, pipeline_id: str) -> Graph:
        if pipeline_id not in self._graphs:
            known = ", ".join(self._graphs)
            raise PipelineError(
                FailureCode.INTERNAL_ERROR, f"there is no pipeline {pipeline_id}; there are {known}"
            )
        unset = self._unset[pipeline_id]
        if unset is not None:
            raise PipelineError(
                FailureCode.INTERNAL_ERROR,
                f"pipeline {pipeline_id} needs {unset}, which is not set",
            )
        return self._graphs[pipeline_id]

    def _finished(self) -> tuple[Run, dict[str, Any]]:
        if self._last is None:
            raise RuntimeError("no video has been run to its end")
        return self._last


def _program_version() -> str:
    try:
        return version("forgesyte")
    except PackageNotFoundError:
        return "not installed"
