"""The worker's end of the pipeline process, for one thread: starts it, watches it, ends it."""

import logging
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

from config.failures import FailureCode, exceeded
from config.settings import PipelineSettings, Settings, SettingsError
from service.errors import StorageUnavailable
from worker.metrics import WorkerMetrics
from worker.pipeline.checkpoint import Checkpoint
from worker.pipeline.errors import PipelineError, PipelineNotReady
from worker.pipeline.frame import Summary
from worker.pipeline.results.document import count_lines
from worker.process.channel import ProtocolError
from worker.process.deadline import Deadline, MonotonicClock, Progress, too_slow
from worker.process.protocol import (
    Answer,
    Request,
    decode_answer,
    decode_counts,
    decode_error,
    decode_provenances,
    decode_summary,
)
from worker.process.spawn import ChildProcess, Program, exit_in_words

SLICE_SECONDS = 0.1
LOOK_PERIOD_SECONDS = 0.5
LOADING_SECONDS = "the seconds for loading the models"
# The process that opens strangers' videos learns nothing about the servers.
NEEDED_SETTINGS = set(PipelineSettings.model_fields)

log = logging.getLogger(__name__)


class PipelineStopped(Exception):
    """The analysis was stopped"""


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """What a pipeline process may take before it is ended."""

    stall_seconds: float
    memory_bytes: int
    start_seconds: float = 300.0
    term_seconds: float = 2.0
    # Pauses before the models are loaded again, after which the worker gives up.
    retry_seconds: tuple[float, ...] = (1.0, 2.0, 4.0)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The operator's limits."""
        return cls(settings.stall_seconds, settings.max_memory_bytes)


class PipelineClient:
    """One pipeline process, started when it is needed. Calls block, but for stop and abandon.

    All raise PipelineError, or PipelineStopped after stop() or abandon(); those that may start the
    process raise SettingsError when it cannot use its settings, and take raises StorageUnavailable.
    """

    def __init__(
        self,
        program: Program,
        settings: Settings,
        limits: ProcessLimits,
        *,
        clock: MonotonicClock = time.monotonic,
        metrics: WorkerMetrics | None = None,
    ) -> None:
        self._program = program
        self._settings = settings
        self._limits = limits
        self._clock = clock
        self._metrics = metrics or WorkerMetrics()
        self._child: ChildProcess | None = None
        self._provenances: Mapping[str, Mapping[str, Any]] = {}
        self._deadline = Deadline(0.0, clock)
        self._looked_at = 0.0
        self._is_slowness_told = False
        self._stopping = threading.Event()
        self._abandoned = threading.Event()

    def warm_up(self) -> None:
        """Start, and again after a while when the process did not get so far.

        What happens while models are loaded is no video's doing. Raises PipelineNotReady.
        """
        for pause_seconds in (*self._limits.retry_seconds, None):
            try:
                self.start()
            except PipelineError as error:
                if pause_seconds is None:
                    raise PipelineNotReady(error.code, error.message) from error
                facts = {"error_code": error.code, "reason": error.message}
                log.warning("pipeline process not ready, trying again", extra=facts)
            else:
                return
            self._pause(pause_seconds)

    def start(self) -> None:
        """Have a process whose models are loaded."""
        if self._child is not None and self._child.alive:
            return
        self._discard()
        with ExitStack() as undo:
            undo.callback(self._discard)
            self._child = self._started()
            self._load()
            undo.pop_all()
        log.info("pipeline process ready", extra={"pid": self._child.pid})

    def provenance(self, pipeline_id: str) -> Mapping[str, Any] | None:
        """What decides a pipeline's results besides video and options; None: it cannot be run."""
        self.warm_up()
        return self._provenances.get(pipeline_id)

    def begin(self, request: Request) -> None:
        """Start on a video."""
        self.warm_up()
        try:
            self._hand_over(request)
        except PipelineError as error:
            if error.code is not FailureCode.PIPELINE_CRASHED:
                raise
            # It has died since the last video, and nobody could see it yet; not for this video.
            self._discard()
            self.warm_up()
            self._hand_over(request)

    def take(self) -> bytes | Checkpoint | Summary:
        """What comes next of the video: joined lines of frames, in order, and then its summary.

        Between those, now and then, a checkpoint after all that came before it.
        """
        with self._deadline.watched():
            self._check()
            while (message := self._understood(*self._await())) is None:
                pass
        return message

    @property
    def progress(self) -> Progress:
        """How far the video has come that was begun last; from any thread."""
        return self._deadline.progress

    def end(self) -> None:
        """End the process and everything it started, if there is one."""
        self._discard()
        self._abandoned.clear()

    def stop(self) -> None:
        """Make the call under way and every later one raise PipelineStopped; from any thread."""
        self._stopping.set()

    @property
    def is_stopped(self) -> bool:
        """Whether stop() was called."""
        return self._stopping.is_set()

    def abandon(self) -> None:
        """Make the calls until the next end() raise PipelineStopped; from any thread."""
        self._abandoned.set()

    def _started(self) -> ChildProcess:
        try:
            return ChildProcess(self._program)
        except OSError as error:
            raise PipelineError(
                FailureCode.INTERNAL_ERROR,
                f"The pipeline's process cannot be started ({error}).",
            ) from error

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._check_stopped()
            time.sleep(SLICE_SECONDS)

    def _load(self) -> None:
        self._deadline = Deadline(self._limits.start_seconds, self._clock, limit=LOADING_SECONDS)
        with self._deadline.watched():
            self._send(self._settings.model_dump_json(include=NEEDED_SETTINGS).encode())
            self._provenances = decode_provenances(self._expect(Answer.READY))

    def _hand_over(self, request: Request) -> None:
        self._deadline = Deadline(self._limits.stall_seconds, self._clock)
        with self._deadline.watched():
            self._send(request.encode())
            self._expect(Answer.BEGUN)

    def _discard(self) -> None:
        if self._child is not None:
            self._child.end(term_seconds=self._limits.term_seconds)
            self._child = None

    @property
    def _running(self) -> ChildProcess:
        if self._child is None:
            raise PipelineStopped
        return self._child

    def _send(self, message: bytes) -> None:
        try:
            self._running.channel.post(message)
            while not self._running.channel.flush(wait_seconds=SLICE_SECONDS):
                self._check()
        except OSError as error:
            raise self._crashed() from error

    def _expect(self, expected: Answer) -> bytes:
        answer, body = self._await()
        if answer is Answer.REFUSED:
            raise SettingsError(body.decode(errors="replace"))
        if answer is Answer.ERROR:
            raise decode_error(body)
        if answer is not expected:
            raise ProtocolError(f"{answer.name} where {expected.name} was due")
        return body

    def _await(self) -> tuple[Answer, bytes]:
        while (answer := self._receive(wait_seconds=SLICE_SECONDS)) is None:
            self._check()
        return answer

    def _receive(self, *, wait_seconds: float) -> tuple[Answer, bytes] | None:
        try:
            message = self._running.channel.receive(wait_seconds=wait_seconds)
            return None if message is None else decode_answer(message)
        except (EOFError, OSError) as error:
            raise self._crashed() from error

    def _understood(self, answer: Answer, body: bytes) -> bytes | Checkpoint | Summary | None:
        match answer:
            case Answer.FRAMES:
                count = count_lines(body)
                self._metrics.frames_analysed(count)
                self._deadline.move(frames_analysed=self.progress.frames_analysed + count)
                return body
            case Answer.PROGRESS:
                decoded, expected = decode_counts(body)
                self._deadline.move(frames_decoded=decoded, frames_expected=expected)
                return None
            case Answer.CHECKPOINT:
                return Checkpoint(body)
            case Answer.SUMMARY:
                summary = decode_summary(body)
                self._metrics.stages_worked(summary.stage_seconds)
                return summary
            case Answer.AWAY:
                raise StorageUnavailable(body.decode(errors="replace"))
            case Answer.ERROR:
                raise decode_error(body)
        raise ProtocolError(f"{answer.name} in the middle of a video")

    def _crashed(self) -> PipelineError:
        code = self._running.end(term_seconds=0)
        self._child = None
        self._metrics.pipeline_exited(code)
        return PipelineError(
            FailureCode.PIPELINE_CRASHED,
            f"The pipeline's process ended by itself ({exit_in_words(code)}).",
        )

    def _check_stopped(self) -> None:
        if self._stopping.is_set() or self._abandoned.is_set():
            raise PipelineStopped

    def _check(self) -> None:
        self._check_stopped()
        if self._clock() - self._looked_at >= LOOK_PERIOD_SECONDS:
            self._looked_at = self._clock()
            self._give_waiting_back()
            self._check_memory()
        if self._deadline.is_over:
            raise too_slow(self._deadline)

    def _give_waiting_back(self) -> None:
        waited_seconds = self._deadline.look(waits_for_disk=self._running.waits_for_disk())
        is_slow = waited_seconds > self._deadline.stall_seconds
        if is_slow and not self._is_slowness_told:
            log.warning("the pipeline waits for a disk", extra={"seconds": round(waited_seconds)})
        self._is_slowness_told = is_slow

    def _check_memory(self) -> None:
        used = self._running.memory_bytes()
        if used > self._limits.memory_bytes:
            found = f"the pipeline takes {used} bytes of memory"
            raise PipelineError(
                FailureCode.OUT_OF_MEMORY,
                exceeded("max_memory_bytes", self._limits.memory_bytes, found),
            )
