"""A pipeline process that finds nothing, at once: what is measured is everything around it.

Run as `python -m tests.benchmarks.processes.idle_pipeline FD`.
"""

import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from config.settings import PipelineSettings
from worker.pipeline.frame import FrameResult, Summary
from worker.process.channel import BlockingChannel
from worker.process.server import Pipeline, serve


class IdlePipeline:
    """One frame a video, with nothing in it."""

    frames_decoded = 1
    frames_expected = 1
    provenances: Mapping[str, Mapping[str, Any]] = MappingProxyType({})

    def __init__(self, _settings: PipelineSettings) -> None:
        pass

    def analyse(
        self,
        path: str,
        pipeline_id: str,
        frame_stride: int = 1,
        max_frames: int | None = None,
        **_others: Any,
    ) -> Iterator[FrameResult | Summary]:
        """See VideoFilePipelineService."""
        yield FrameResult(0, 0, (), "")
        yield Summary({"video": {}, "classes": {}, "texts": [], "texts_truncated": False})


def serve_with(open_pipeline: Callable[[PipelineSettings], Pipeline]) -> None:
    """Be a pipeline process, with this pipeline, until the worker is gone."""
    descriptor = int(sys.argv[-1])
    os.set_inheritable(descriptor, False)
    serve(BlockingChannel(socket.socket(fileno=descriptor)), open_pipeline)


if __name__ == "__main__":
    serve_with(IdlePipeline)
