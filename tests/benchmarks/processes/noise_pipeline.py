"""A pipeline process that finds lines of text in every frame, none of which was there before.

Run as `python -m tests.benchmarks.processes.noise_pipeline FD`; it finds max_frames frames.
"""

import random
from collections.abc import Iterator, Mapping
from string import ascii_uppercase
from types import MappingProxyType
from typing import Any

from config.settings import PipelineSettings
from tests.benchmarks.processes.idle_pipeline import serve_with
from worker.pipeline.frame import Detection, FrameResult, Summary
from worker.pipeline.results.summary import Occurrences

LINES = 6
SEED = 1911
WIDTH, HEIGHT = 300, 40
LETTERS = 24
FRAME_MS = 40


class NoisePipeline:
    """LINES lines in each frame, counted as the pipeline does; following them would take longer."""

    provenances: Mapping[str, Mapping[str, Any]] = MappingProxyType({})

    def __init__(self, _settings: PipelineSettings) -> None:
        self.frames_decoded = 0
        self.frames_expected = 0

    def analyse(
        self,
        path: str,
        pipeline_id: str,
        frame_stride: int = 1,
        max_frames: int | None = None,
        **_others: Any,
    ) -> Iterator[FrameResult | Summary]:
        """See VideoFilePipelineService."""
        rng = random.Random(SEED)
        occurrences = Occurrences()
        for number in range(max_frames or 1):
            result = noisy_frame(rng, number * frame_stride)
            occurrences.add(result)
            self.frames_decoded = number + 1
            yield result
        texts = occurrences.texts([], dropped_tracks=False)
        yield Summary({"video": {}, "classes": occurrences.classes(), **texts, "provenance": {}})


def noisy_frame(rng: random.Random, index: int) -> FrameResult:
    """The result of a frame in which nothing goes on."""
    found = tuple(_line(rng) for _ in range(LINES))
    return FrameResult(index, index * FRAME_MS, found, "\n".join(str(one.text) for one in found))


def _line(rng: random.Random) -> Detection:
    left, top = float(rng.randrange(980)), float(rng.randrange(680))
    text = "".join(rng.choices(ascii_uppercase, k=LETTERS))
    confidence = round(rng.uniform(0.8, 1), 4)
    box = left, top, left + WIDTH, top + HEIGHT
    return Detection(0, "text", 0.9, box, text=text, text_confidence=confidence)


if __name__ == "__main__":
    serve_with(NoisePipeline)
