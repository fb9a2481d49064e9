"""A small pipeline process for tests: what is written in the video is what it does.

Run as `python -m tests.unit.worker.scripted_child FD`; with `broken` before FD it cannot open its
pipeline.
"""

import errno
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from config.failures import FailureCode
from config.regions import ANYWHERE
from config.settings import PipelineSettings, SettingsError
from worker.pipeline.checkpoint import Checkpoint, IsDue, never
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import FrameResult, Summary
from worker.process.channel import BlockingChannel
from worker.process.server import serve
from worker.process.spawn import Program

SCRIPTED = Program((sys.executable, "-m", "tests.unit.worker.scripted_child"))
BROKEN = Program((*SCRIPTED.command, "broken"))
# What makes web take the video for an MP4.
MAGIC = b"\0\0\0\x18ftypisom"

Frames = Iterator[FrameResult]
Found = FrameResult | Checkpoint


def frame(index: int, *helpers: int) -> FrameResult:
    """A frame whose text are the ids of this process and of what it started."""
    return FrameResult(index, 0, (), " ".join(map(str, (os.getpid(), *helpers))))


def frames_in(lines: bytes) -> list[dict[str, Any]]:
    """The records of joined lines."""
    return list(json.loads(b"[" + lines + b"]"))


def pids_in(record: dict[str, Any]) -> list[int]:
    """The ids in a frame's record."""
    return list(map(int, record["result"]["text"].split()))


def good(stride: int, count: int | None) -> Frames:
    for number in range(3 if count is None else count):
        yield frame(number * stride)


def corrupt(_stride: int, _count: int | None) -> Frames:
    yield frame(0)
    refuse()


def crash(_stride: int, _count: int | None) -> Frames:
    yield frame(0)
    os.kill(os.getpid(), signal.SIGSEGV)


def crash_oddly(_stride: int, _count: int | None) -> Frames:
    """A real-time signal has no name of its own."""
    os.kill(os.getpid(), signal.SIGRTMIN + 3)
    yield from ()


def leave(_stride: int, _count: int | None) -> Frames:
    yield frame(0)
    os._exit(3)


def hang(_stride: int, _count: int | None) -> Frames:
    helper = subprocess.Popen(["sleep", "1000"])
    yield frame(0, helper.pid)
    time.sleep(1000)


def ignore_term(stride: int, count: int | None) -> Frames:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield from hang(stride, count)


def eat(_stride: int, _count: int | None) -> Frames:
    yield frame(0)
    eaten = bytearray(os.urandom(1024) * 400 * 1024)
    time.sleep(1000)
    yield frame(len(eaten))


def raise_error(_stride: int, _count: int | None) -> Frames:
    yield frame(0)
    raise ZeroDivisionError


def away_at_first(stride: int, count: int | None) -> Frames:
    """The video lies in a folder whose file server is away, and comes back."""
    yield frame(0)
    if ScriptedPipeline.videos == 1:
        raise OSError(errno.ESTALE, "Stale file handle", "video.mp4")
    yield from good(stride, count)


def slow(_stride: int, _count: int | None) -> Frames:
    for number in range(20):
        time.sleep(0.1)
        yield frame(number)


def trickle(_stride: int, _count: int | None) -> Frames:
    for number in itertools.count():
        time.sleep(0.1)
        ScriptedPipeline.frames_decoded += 1
        yield frame(number)


def decode_slowly(stride: int, _count: int | None) -> Frames:
    """The second sampled frame comes long after the first, and what lies between is decoded."""
    yield frame(0)
    for _ in range(25):
        time.sleep(0.1)
        ScriptedPipeline.frames_decoded += 1
    yield frame(stride)


def once(stride: int, count: int | None) -> Frames:
    """The first time it is good, and never again."""
    yield from good(stride, count) if ScriptedPipeline.videos == 1 else corrupt(stride, count)


def step_by_step(end: Callable[[], None], last: int, done: int) -> Iterator[Found]:
    """Ten frames, a checkpoint after each; comes to an end after so many, but goes on after them.

    What it remembers is how many there were.
    """
    for number in range(done, 10):
        if number == last > done:
            end()
        yield FrameResult(number, number, (), f"frame {number}")
        yield Checkpoint(str(number + 1).encode())


def refuse() -> None:
    raise PipelineError(FailureCode.CORRUPT_VIDEO, "The video's pictures cannot be decoded.")


END: dict[str, Callable[[], None]] = {
    "corrupt": refuse,
    "crash": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "hang": lambda: time.sleep(1000),
}


BEHAVIOURS: dict[str, Callable[[int, int | None], Frames]] = {
    "away at first": away_at_first,
    "corrupt": corrupt,
    "crash": crash,
    "crash oddly": crash_oddly,
    "decode slowly": decode_slowly,
    "eat": eat,
    "good": good,
    "hang": hang,
    "ignore term": ignore_term,
    "leave": leave,
    "once": once,
    "raise": raise_error,
    "slow": slow,
    "trickle": trickle,
}


class ScriptedPipeline:
    """Does what the video says."""

    frames_decoded = 0
    frames_expected = 50
    videos = 0

    def __init__(self, settings: PipelineSettings) -> None:
        self._pid = os.getpid()
        self.provenances = {"yolo_ocr": {"weights": settings.detector_weights}}

    def analyse(
        self,
        path: str,
        pipeline_id: str,
        frame_stride: int = 1,
        max_frames: int | None = None,
        *,
        region: str = ANYWHERE,
        memory: bytes | None = None,
        is_due: IsDue = never,
    ) -> Iterator[FrameResult | Checkpoint | Summary]:
        assert pipeline_id == "yolo_ocr"
        ScriptedPipeline.frames_decoded = 0
        ScriptedPipeline.videos += 1
        behaviour = Path(path).read_bytes().removeprefix(MAGIC).decode()
        if steps := re.fullmatch(r"(\w+) after (\d+)", behaviour):
            yield from step_by_step(END[steps[1]], int(steps[2]), int(memory or 0))
        else:
            yield from BEHAVIOURS[behaviour](frame_stride, max_frames)
        options = {"frame_stride": frame_stride, "max_frames": max_frames, "region": region}
        yield Summary(self._summary(options))

    def _summary(self, options: dict[str, Any]) -> dict[str, Any]:
        """As the real one's; it counts the videos that this process has analysed."""
        return {
            "pid": self._pid,
            "videos": self.videos,
            "video": {"frames_failed": 0},
            "texts": [],
            "provenance": {**self.provenances["yolo_ocr"], "options": options},
        }


def cannot_open(_settings: PipelineSettings) -> ScriptedPipeline:
    raise SettingsError("The weights are not there.")


def main() -> None:
    descriptor = int(sys.argv[-1])
    os.set_inheritable(descriptor, False)
    channel = BlockingChannel(socket.socket(fileno=descriptor))
    serve(channel, cannot_open if "broken" in sys.argv else ScriptedPipeline, progress_seconds=0.1)


if __name__ == "__main__":
    main()
