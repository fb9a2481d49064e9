"""A pipeline process that finds nothing, at once: what is measured is everything around it.

Run as `python -m tests.benchmarks.idle_pipeline FD`.
"""

import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

from config.settings import PipelineSettings
from worker.process.channel import BlockingChannel
from worker.process.server import serve


class IdlePipeline:
    """One frame a video, with nothing in it."""

    frames_decoded = 1

    def __init__(self, _settings: PipelineSettings) -> None:
        pass

    def run_on_file(
        self, path: str, pipeline_id: str, frame_stride: int = 1, max_frames: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """See VideoFilePipelineService."""
        yield {"frame_index": 0, "result": {"timestamp_ms": 0, "detections": [], "text": ""}}

    def summary(self) -> dict[str, Any]:
        """See VideoFilePipelineService."""
        return {"video": {}, "classes": {}, "texts": [], "texts_truncated": False}


if __name__ == "__main__":
    descriptor = int(sys.argv[-1])
    os.set_inheritable(descriptor, False)
    serve(BlockingChannel(socket.socket(fileno=descriptor)), IdlePipeline)
