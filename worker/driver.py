"""Drives the pipeline process from a thread: starts it, watches it, ends it."""

import json
import logging
import signal
import threading
import time
from dataclasses import dataclass
from typing import Any, Self

from config.failures import FailureCode
from config.settings import PipelineSettings, Settings
from worker.messages import ANSWER_BYTES, Answer, Request
from worker.pipeline.errors import PipelineError
from worker.process import ChildProcess, Program

SLICE_SECONDS = 0.1
MEMORY_PERIOD_SECONDS = 0.5
BATCH_FRAMES = 256
# Far above what a slow machine takes to read a dense 4K frame, and to decode the eight that may be
# skipped for each one of a batch.
SECONDS_PER_FRAME = 30.0
SECONDS_PER_STRIDE = 0.8
# The process that opens strangers' films is told nothing about the servers.
NEEDED_SETTINGS = set(PipelineSettings.model_fields)

log = logging.getLogger(__name__)


class PipelineStopped(Exception):
    """The analysis was told to stop"""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a pipeline process may take before it is ended."""

    stall_seconds: float
    memory_bytes: int
    start_seconds: float = 300.0
    term_seconds: float = 2.0

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The operator's limits."""
        return cls(settings.stall_seconds, settings.max_memory_bytes)


class Deadline:
    """When a film is too slow: each frame buys more time, and none may take too long by itself."""

    def __init__(self, stall_seconds: float, seconds_per_frame: float = 0.0) -> None:
        self._stall_seconds = stall_seconds
        self._seconds_per_frame = seconds_per_frame
        self._frames = 0
        self._last_frame_at = time.monotonic()
        self._ends_at = self._last_frame_at + stall_seconds

    def frame_came(self) -> None:
        """Grow by one frame."""
        self._frames += 1
        self._last_frame_at = time.monotonic()
        self._ends_at += self._seconds_per_frame

    def check(self) -> None:
        """Raise PipelineError deadline_exceeded when it is over."""
        now = time.monotonic()
        if now > min(self._last_frame_at + self._stall_seconds, self._ends_at):
            raise PipelineError(
                FailureCode.DEADLINE_EXCEEDED,
                f"The pipeline was too slow: it gave {self._frames} frames, and none for the last "
                f"{now - self._last_frame_at:.0f} s.",
            )


class PipelineDriver:
    """One pipeline process, started when it is needed. Calls block, but for stop and abandon.

    All raise PipelineError, or PipelineStopped after stop() or abandon().
    """

    def __init__(self, program: Program, settings: Settings, limits: Limits) -> None:
        self._program = program
        self._settings = settings
        self._limits = limits
        self._child: ChildProcess | None = None
        self._deadline = Deadline(0.0)
        self._memory_checked_at = 0.0
        self._stopping = threading.Event()
        self._abandoned = threading.Event()
        self.summary: dict[str, Any] | None = None

    def start(self) -> None:
        """Have a process whose models are loaded."""
        if self._child is not None and self._child.alive:
            return
        self._discard()
        self._child = ChildProcess(self._program)
        self._allow(self._limits.start_seconds)
        self._send(self._settings.model_dump_json(include=NEEDED_SETTINGS).encode())
        self._expect_ready()
        log.info("pipeline process ready", extra={"pid": self._child.pid})

    def begin(self, request: Request) -> None:
        """Start on a film."""
        self.start()
        self.summary = None
        skipping = request.frame_stride * SECONDS_PER_STRIDE
        self._allow(self._limits.stall_seconds + skipping, SECONDS_PER_FRAME + skipping)
        self._send(request.encode())

    def take(self) -> list[bytes]:
        """The next encoded frames, at least one; none when the film is done and summary is set."""
        self._check()
        frames: list[bytes] = []
        while self.summary is None and len(frames) < BATCH_FRAMES:
            message = self._receive() if frames else self._await()
            if message is None:
                break
            self._sort(message, frames)
        return frames

    def end(self) -> None:
        """End the process and everything it started, if there is one."""
        self._discard()
        self._abandoned.clear()

    def stop(self) -> None:
        """Make the call under way and every later one raise PipelineStopped; from any thread."""
        self._stopping.set()

    def abandon(self) -> None:
        """Make the calls until the next end() raise PipelineStopped; from any thread."""
        self._abandoned.set()

    def _discard(self) -> None:
        if self._child is not None:
            self._child.end(term_seconds=self._limits.term_seconds)
            self._child = None

    @property
    def _running(self) -> ChildProcess:
        if self._child is None:
            raise PipelineStopped
        return self._child

    def _allow(self, stall_seconds: float, seconds_per_frame: float = 0.0) -> None:
        self._deadline = Deadline(stall_seconds, seconds_per_frame)

    def _send(self, message: bytes) -> None:
        try:
            self._running.send(message)
        except OSError as error:
            raise self._crashed() from error

    def _expect_ready(self) -> None:
        frames: list[bytes] = []
        while self._sort(self._await(), frames) is not Answer.READY:
            pass

    def _await(self) -> bytes:
        while (message := self._receive(wait_seconds=SLICE_SECONDS)) is None:
            self._check()
        return message

    def _receive(self, *, wait_seconds: float = 0.0) -> bytes | None:
        try:
            return self._running.receive(wait_seconds=wait_seconds)
        except (EOFError, OSError) as error:
            raise self._crashed() from error

    def _crashed(self) -> PipelineError:
        code = self._running.end(term_seconds=0)
        self._child = None
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        return PipelineError(
            FailureCode.PIPELINE_CRASHED, f"The pipeline's process ended by itself ({how})."
        )

    def _sort(self, message: bytes, frames: list[bytes]) -> Answer:
        answer, body = Answer(message[:ANSWER_BYTES]), message[ANSWER_BYTES:]
        if answer is Answer.FRAME:
            self._deadline.frame_came()
            frames.append(body)
        elif answer is Answer.SUMMARY:
            self.summary = json.loads(body)
        elif answer is Answer.ERROR:
            raise PipelineError(*json.loads(body))
        return answer

    def _check(self) -> None:
        if self._stopping.is_set() or self._abandoned.is_set():
            raise PipelineStopped
        self._deadline.check()
        self._check_memory()

    def _check_memory(self) -> None:
        now = time.monotonic()
        if now - self._memory_checked_at < MEMORY_PERIOD_SECONDS:
            return
        self._memory_checked_at = now
        used = self._running.memory_bytes()
        if used > self._limits.memory_bytes:
            raise PipelineError(
                FailureCode.OUT_OF_MEMORY,
                f"The film takes more than the {self._limits.memory_bytes} bytes of memory "
                "that FORGESYTE_MAX_MEMORY_BYTES allows.",
            )
