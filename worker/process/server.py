"""The loop of the pipeline process: videos in, encoded frames out, and an end with its worker."""

import ctypes
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import Any, Protocol

from config.failures import UNREACHABLE, FailureCode
from config.graph import GraphError
from config.settings import PipelineSettings, SettingsError
from worker.pipeline.checkpoint import Checkpoint, IsDue
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import FrameResult, Summary
from worker.pipeline.results.document import encode_frame
from worker.process.batches import open_batches
from worker.process.channel import BlockingChannel
from worker.process.protocol import (
    Answer,
    Request,
    encode_counts,
    encode_error,
    encode_provenances,
    encode_summary,
)
from worker.process.schedule import Schedule

PROGRESS_SECONDS = 1.0
# prctl(2)
PR_SET_PDEATHSIG = 1

log = logging.getLogger(__name__)


class Pipeline(Protocol):
    """What runs the videos."""

    def analyse(
        self,
        path: str,
        pipeline_id: str,
        frame_stride: int = 1,
        max_frames: int | None = None,
        *,
        region: str,
        memory: bytes | None = None,
        is_due: IsDue,
    ) -> Iterator[FrameResult | Checkpoint | Summary]:
        """Frames in order, checkpoints between and, last, the summary; raises PipelineError."""
        ...

    @property
    def provenances(self) -> Mapping[str, Mapping[str, Any]]:
        """By pipeline_id: all that decides its results but video and options."""
        ...

    @property
    def frames_decoded(self) -> int:
        """Frames decoded so far of the video under way; from any thread."""
        ...

    @property
    def frames_expected(self) -> int:
        """Frames that are to be analysed of it; from any thread, once one is decoded."""
        ...


def serve(
    channel: BlockingChannel,
    open_pipeline: Callable[[PipelineSettings], Pipeline],
    *,
    progress_seconds: float = PROGRESS_SECONDS,
) -> None:
    """Answer requests until the other end is gone, then kill the whole process group.

    Returns only when the pipeline cannot be opened; the reason is sent first.
    """
    _wake_when_the_worker_ends()
    inbox: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(channel, inbox), daemon=True).start()
    settings = PipelineSettings.model_validate_json(inbox.get())
    try:
        pipeline = open_pipeline(settings)
    except (SettingsError, GraphError) as error:
        _send(channel, Answer.REFUSED, str(error).encode())
        return
    except Exception as error:
        _send(channel, Answer.ERROR, encode_error(_described(error)))
        return
    _send(channel, Answer.READY, encode_provenances(pipeline.provenances))
    while True:
        request = Request.decode(inbox.get())
        _send(channel, Answer.BEGUN)
        _send(channel, *_run(channel, pipeline, request, progress_seconds))


def _wake_when_the_worker_ends() -> None:
    # A process that is stopped does not see its worker go; woken, it does, and ends its group,
    # of which SIGKILL to it alone would leave the rest. Nor does it mind when only the thread
    # that started it has ended, which the kernel takes for the worker.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGCONT)


def _listen(channel: BlockingChannel, inbox: SimpleQueue[bytes]) -> None:
    try:
        while True:
            inbox.put(channel.receive())
    except (EOFError, OSError):
        # Nobody reads the answers any more; OCR programs must not outlive the worker either.
        os.killpg(0, signal.SIGKILL)


def _run(
    channel: BlockingChannel, pipeline: Pipeline, request: Request, progress_seconds: float
) -> tuple[Answer, bytes]:
    """Send the video's frames; how it ended."""
    schedule = Schedule(request.checkpoint_seconds)
    try:
        with (
            _reported(channel, pipeline, progress_seconds),
            open_batches(partial(_send, channel, Answer.FRAMES)) as batches,
        ):
            found_in_it = pipeline.analyse(
                request.path,
                request.pipeline_id,
                request.frame_stride,
                request.max_frames,
                region=request.region,
                memory=request.memory,
                is_due=schedule.is_due,
            )
            for found in found_in_it:
                match found:
                    case FrameResult():
                        line = encode_frame(found)
                        schedule.count(line)
                        batches.add(line)
                    case Checkpoint():
                        batches.flush()
                        _send(channel, Answer.CHECKPOINT, found.memory)
                        schedule.restart()
                    case Summary():
                        summary = encode_summary(found)
        return Answer.SUMMARY, summary
    except Exception as error:
        if isinstance(error, OSError) and error.errno in UNREACHABLE:
            return Answer.AWAY, str(error).encode()
        return Answer.ERROR, encode_error(_described(error))


@contextmanager
def _reported(channel: BlockingChannel, pipeline: Pipeline, seconds: float) -> Iterator[None]:
    """Send every so often how many frames are decoded, whenever there are more, and expected."""
    done = threading.Event()
    thread = threading.Thread(target=_report, args=(channel, pipeline, seconds, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _report(
    channel: BlockingChannel, pipeline: Pipeline, seconds: float, done: threading.Event
) -> None:
    reported = 0
    while not done.wait(seconds):
        decoded = pipeline.frames_decoded
        if decoded != reported:
            _send(channel, Answer.PROGRESS, encode_counts(decoded, pipeline.frames_expected))
            reported = decoded


def _send(channel: BlockingChannel, answer: Answer, body: bytes = b"") -> None:
    channel.send(answer.value + body)


def _described(error: Exception) -> PipelineError:
    if isinstance(error, PipelineError):
        return error
    if isinstance(error, MemoryError):
        return PipelineError(
            FailureCode.OUT_OF_MEMORY, "The video takes more memory than there is."
        )
    log.error("pipeline failed unexpectedly", exc_info=error)
    return PipelineError(
        FailureCode.INTERNAL_ERROR, f"The pipeline failed unexpectedly ({type(error).__name__})."
    )
