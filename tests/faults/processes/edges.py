"""A pipeline process killed at the edge of a segment, before it or after it by turns.

Run as `python -m tests.faults.processes.edges TURN FD`. Where there is a file TURN, each batch of
frames ends a segment, and every process comes as far as its first. All is the real pipeline's, and
so is all that one frame leaves to the next, but for the network: loading that takes ten times as
long as the rest, and a job is killed six times.
"""

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from config.graph import load_pipelines
from config.regions import ANYWHERE
from config.settings import PipelineSettings
from tests.benchmarks.processes.idle_pipeline import serve_with
from worker.pipeline.checkpoint import Checkpoint, IsDue
from worker.pipeline.detect.changes import ChangedParts
from worker.pipeline.detect.letterbox import Letterbox
from worker.pipeline.frame import Detection, Frame, FrameResult, Picture, Provenance, Summary
from worker.pipeline.ocr.box_reader import BoxReader
from worker.pipeline.ocr.engines.languages import find_languages
from worker.pipeline.ocr.engines.tesserocr_library import LibraryReader
from worker.pipeline.run import analyse
from worker.pipeline.stage import Step
from worker.pipeline.video.decode import Video, open_for_decoding
from worker.pipeline.video.header import Limits

BEFORE, AFTER = "before", "after"
DARK = 120
LINES_APART = 20


class DarkLines:
    """A detector that takes what is dark for text, a line where rows of it are apart."""

    def start(
        self, counts: Counter[str], memory: bytes | None = None, *, region: str = ANYWHERE
    ) -> Step:
        """See Stage."""
        changed = ChangedParts(self, counts, memory)
        return Step(changed, changed.memory)

    def provenance(self) -> Provenance:
        """See Stage."""
        return {}

    def search(self, frames: Sequence[Frame]) -> list[Frame]:
        """See Searcher."""
        return [self._searched(frame) for frame in frames]

    def letterbox(self, size: tuple[int, int], *, scale: float = 1.0) -> Letterbox:
        """See Searcher."""
        return Letterbox.of(size, longest=round(max(size) * scale), multiple=32)

    def infer(self, inputs: Sequence[Picture]) -> list[tuple[Any, bool]]:
        """See Searcher."""
        return [(_dark_lines(one), False) for one in inputs]

    def detections(self, rows: Any, letterbox: Letterbox) -> tuple[Detection, ...]:
        """See Searcher."""
        return tuple(Detection(0, "text", 0.9, letterbox.restore(row[:4])) for row in rows)

    def _searched(self, frame: Frame) -> Frame:
        letterbox = self.letterbox(frame.size)
        rows = _dark_lines(letterbox.fit(frame.picture))
        return replace(frame, detections=self.detections(rows, letterbox))


def _dark_lines(picture: Picture) -> Any:
    is_dark = picture.mean(2) < DARK
    ys = np.flatnonzero(is_dark.any(1))
    lines = []
    for line in np.split(ys, np.flatnonzero(np.diff(ys) > LINES_APART) + 1) if ys.size else []:
        xs = np.flatnonzero(is_dark[line].any(0))
        lines.append([xs[0] - 4, line[0] - 4, xs[-1] + 5, line[-1] + 5, 0.9, 0.0])
    return np.array(lines, np.float32).reshape(-1, 6)


class KilledAtEdges:
    """Ends with its process: before the worker hears of a segment, or when it has been told."""

    provenances: Mapping[str, Mapping[str, Any]] = MappingProxyType({"yolo_ocr": {}})
    frames_expected = 0

    def __init__(self, settings: PipelineSettings) -> None:
        self._limits = Limits.of(settings)
        data = find_languages(settings.reader_languages, settings.reader_data)
        self._graph = load_pipelines()["yolo_ocr"]
        self._stages = {"detect": DarkLines(), "read": BoxReader(LibraryReader(data))}
        self._video: Video | None = None

    @property
    def frames_decoded(self) -> int:
        """See Pipeline."""
        return self._video.tally.frames_decoded if self._video else 0

    def analyse(
        self,
        path: str,
        pipeline_id: str,
        frame_stride: int = 1,
        max_frames: int | None = None,
        *,
        region: str = ANYWHERE,
        memory: bytes | None = None,
        is_due: IsDue,
    ) -> Iterator[FrameResult | Checkpoint | Summary]:
        """See Pipeline."""
        turn = Path(sys.argv[1])
        place = turn.read_text() if turn.exists() else None
        with open_for_decoding(Path(path), self._limits) as self._video:
            for found in analyse(
                self._video,
                self._graph,
                self._stages,
                stride=frame_stride,
                max_frames=max_frames,
                provenance={},
                region=region,
                memory=memory,
                is_due=(lambda: True) if place else is_due,
            ):
                is_edge = isinstance(found, Checkpoint)
                if is_edge and place == BEFORE:
                    _die(turn, next_place=AFTER)
                yield found
                if is_edge and place == AFTER:
                    _die(turn, next_place=BEFORE)


def _die(turn: Path, *, next_place: str) -> None:
    turn.write_text(next_place)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    serve_with(KilledAtEdges)
