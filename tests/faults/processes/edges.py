"""The real pipeline process, killed at the edge of a segment, before it or after it by turns.

Run as `python -m tests.faults.processes.edges TURN FD`. Where there is a file TURN, each batch of
frames ends a segment, and every process comes as far as its first.
"""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.processes.idle_pipeline import serve_with
from worker.pipeline.checkpoint import Checkpoint
from worker.pipeline.frame import FrameResult, Summary
from worker.pipeline.service import VideoFilePipelineService

BEFORE, AFTER = "before", "after"


class KilledAtEdges(VideoFilePipelineService):
    """Ends with its process: before the worker hears of a segment, or when it has been told."""

    def analyse(
        self, *arguments: Any, **options: Any
    ) -> Iterator[FrameResult | Checkpoint | Summary]:
        """See VideoFilePipelineService."""
        turn = Path(sys.argv[1])
        if not turn.exists():
            yield from super().analyse(*arguments, **options)
            return
        place = turn.read_text()
        for found in super().analyse(*arguments, **options | {"is_due": lambda: True}):
            if place == BEFORE and isinstance(found, Checkpoint):
                _die(turn, next_place=AFTER)
            yield found
            if isinstance(found, Checkpoint):
                _die(turn, next_place=BEFORE)


def _die(turn: Path, *, next_place: str) -> None:
    turn.write_text(next_place)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    serve_with(KilledAtEdges)
