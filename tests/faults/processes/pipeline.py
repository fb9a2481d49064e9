"""A pipeline process that does what a scripted video says, and reads a real one for real.

Run as `python -m tests.faults.processes.pipeline FD`. Models are loaded for the first real one; one
that is watched analyses a real one first, until that takes no more, and tells what it takes then.
"""

import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil

from config.regions import ANYWHERE
from config.settings import PipelineSettings
from tests.benchmarks.processes.idle_pipeline import serve_with
from worker.pipeline.checkpoint import Checkpoint, IsDue
from worker.pipeline.frame import FrameResult, Summary

# What makes web take the script for an MP4.
MAGIC = b"\0\0\0\x18ftypscri"
# A folder with the real video: there tells the process what it takes, after each that it analyses.
WATCHED_VARIABLE = "FAULTS_WATCHED"
REAL = "real.mp4"
# From the sixteenth of the same on it grows no more; before, its libraries' stocks do by 90 MB.
WARM_VIDEOS = 16


@dataclass(frozen=True)
class Script:
    """A video of which each frame says the name, after some seconds; a signal kills its process.

    is_deaf: SIGTERM does not end it.
    """

    name: str
    frames: int = 1
    seconds: float = 0.0
    signal: int | None = None
    is_deaf: bool = False

    def encode(self) -> bytes:
        """The video's bytes."""
        return MAGIC + json.dumps(asdict(self)).encode()

    def texts(self) -> list[str]:
        """What its frames say."""
        return [f"{self.name} {number}" for number in range(self.frames)]


class ScriptedOrReal:
    """Both pipelines behind one face."""

    provenances: Mapping[str, Mapping[str, Any]] = MappingProxyType({})

    def __init__(self, settings: PipelineSettings) -> None:
        self._settings = settings
        self._real: Any = None
        self._frames = 0
        self._began = time.monotonic()
        self._told: Path | None = None
        if folder := os.environ.get(WATCHED_VARIABLE):
            for _ in range(WARM_VIDEOS):
                for _ in self._opened().analyse(f"{folder}/{REAL}", "yolo_ocr"):
                    pass
            self._told = Path(folder) / "watched" / f"{time.time_ns()}-{os.getpid()}"
            self._tell()

    @property
    def frames_decoded(self) -> int:
        """See Pipeline."""
        return self._frames

    @property
    def frames_expected(self) -> int:
        """See Pipeline."""
        return self._frames

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
        content = Path(path).read_bytes()
        if content.startswith(MAGIC):
            script = Script(**json.loads(content.removeprefix(MAGIC)))
            yield from self._play(script, int(memory or 0), is_due)
        else:
            yield from self._opened().analyse(
                path,
                pipeline_id,
                frame_stride,
                max_frames,
                region=region,
                memory=memory,
                is_due=is_due,
            )
        self._tell()

    def _tell(self) -> None:
        """A line of resident bytes, descriptors, and its age in seconds."""
        if self._told is not None:
            process = psutil.Process()
            takes = process.memory_info().rss, process.num_fds(), time.monotonic() - self._began
            with self._told.open("a") as told:
                told.write(f"{json.dumps(takes)}\n")

    def _play(
        self, script: Script, done: int, is_due: IsDue
    ) -> Iterator[FrameResult | Checkpoint | Summary]:
        """What comes after the frames that are done, whose number is all it remembers."""
        if script.is_deaf:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for number in range(done, script.frames):
            time.sleep(script.seconds / script.frames)
            if script.signal is not None:
                os.kill(os.getpid(), script.signal)
            self._frames = number + 1
            yield FrameResult(number, number * 100, (), script.texts()[number])
            if is_due():
                yield Checkpoint(str(number + 1).encode())
        yield Summary({"video": {}, "classes": {}, "texts": [], "texts_truncated": False})

    def _opened(self) -> Any:
        if self._real is None:
            from worker.pipeline.service import VideoFilePipelineService

            self._real = VideoFilePipelineService(self._settings)
        return self._real


if __name__ == "__main__":
    serve_with(ScriptedOrReal)
