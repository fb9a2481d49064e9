"""Measures the voted reading against the best single frame, on videos that shake, blur and hide.

As a script: `python -m tests.accuracy.voting [VIDEOS] [FRAMES]`.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rapidfuzz.distance import Levenshtein

from config.settings import PipelineSettings
from tests.data.shaken import Shaken, shaken_video
from worker.pipeline.frame import Detection, FrameResult
from worker.pipeline.ocr.box_reader import BoxReader
from worker.pipeline.ocr.engines.choice import open_reader
from worker.pipeline.results.document import result_of
from worker.pipeline.results.summary import MAX_TEXTS
from worker.pipeline.track.tracker import Tracker
from worker.pipeline.video.decode import open_for_decoding
from worker.pipeline.video.header import Limits

LIMITS = Limits(max_frame_pixels=1920 * 1080, max_video_seconds=60.0, max_video_frames=10**6)


@dataclass(frozen=True)
class Score:
    """Videos read exactly, and the edits that were missing in all of them together."""

    exact: int = 0
    edits: int = 0

    def and_read(self, text: str, *, meant: str) -> "Score":
        """The score with one more video."""
        return Score(self.exact + (text == meant), self.edits + Levenshtein.distance(text, meant))


@dataclass(frozen=True)
class Figures:
    """What each way of choosing a video's reading reached."""

    videos: int
    voted: Score
    most_confident_frame: Score
    closest_frame: Score


def measure(videos: int, frames: int) -> Figures:
    """Read that many videos, the boxes given, and vote; the same seeds whenever it is called.

    The most confident frame is the best one that can be chosen without knowing the truth; the
    closest to the truth is what no choice among single frames can exceed.
    """
    voted = most_confident = closest = Score()
    with TemporaryDirectory() as folder:
        reader = BoxReader(open_reader(PipelineSettings()))
        for seed in range(videos):
            video = shaken_video(Path(folder) / "video.mp4", seed=seed, frames=frames)
            results = list(_read(video, reader))
            readings = [result.detections[0] for result in results]
            voted = voted.and_read(_voted(results), meant=video.text)
            best = max(readings, key=lambda reading: reading.text_confidence or 0.0)
            most_confident = most_confident.and_read(best.text or "", meant=video.text)
            texts = [reading.text or "" for reading in readings]
            near = min(texts, key=lambda text: Levenshtein.distance(text, video.text))
            closest = closest.and_read(near, meant=video.text)
    return Figures(videos, voted, most_confident, closest)


def _read(video: Shaken, reader: BoxReader) -> Iterator[FrameResult]:
    with open_for_decoding(video.path, LIMITS) as decoded:
        frames = [
            replace(frame, detections=(Detection(0, "text", 1.0, box),))
            for frame, box in zip(
                decoded.frames(stride=1, max_frames=None), video.boxes, strict=True
            )
        ]
    return map(result_of, reader.start(Counter())(frames))


def _voted(results: list[FrameResult]) -> str:
    tracker = Tracker(most_texts=MAX_TEXTS)
    for result in results:
        tracker.follow(result)
    texts, _ = tracker.texts()
    longest = max(texts, key=lambda text: (text.frames, text.confidence), default=None)
    return longest.text if longest else ""


def main(videos: int = 60, frames: int = 8) -> None:
    """Print the figures."""
    figures = measure(videos, frames)
    for name in ("voted", "most_confident_frame", "closest_frame"):
        score = getattr(figures, name)
        click.echo(f"{name}: {score.exact} of {figures.videos} exact, {score.edits} edits in all")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
