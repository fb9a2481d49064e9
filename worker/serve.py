"""The loop of the pipeline process: films in, encoded frames out, and an end with its worker."""

import json
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, Protocol

from config.failures import FailureCode
from config.graph import GraphError
from config.settings import PipelineSettings, SettingsError
from worker.messages import Answer, Request
from worker.pipeline.errors import PipelineError
from worker.pipeline.report import encode_frame

log = logging.getLogger(__name__)


class Pipeline(Protocol):
    """What runs the films."""

    def run_on_file(
        self, path: str, pipeline_id: str, frame_stride: int = 1, max_frames: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Frames in order; raises PipelineError."""
        ...

    def summary(self) -> dict[str, Any]:
        """What the last film was, once all its frames are taken."""
        ...


def serve(connection: Connection, open_pipeline: Callable[[PipelineSettings], Pipeline]) -> None:
    """Answer requests until the other end is gone, then kill the whole process group.

    Returns only when the pipeline cannot be opened; the reason is sent first.
    """
    inbox: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(connection, inbox), daemon=True).start()
    settings = PipelineSettings.model_validate_json(inbox.get())
    try:
        pipeline = open_pipeline(settings)
    except Exception as error:
        _send_error(connection, error)
        return
    _send(connection, Answer.READY)
    while True:
        _run(connection, pipeline, Request.decode(inbox.get()))


def _listen(connection: Connection, inbox: SimpleQueue[bytes]) -> None:
    try:
        while True:
            inbox.put(connection.recv_bytes())
    except (EOFError, OSError):
        # Nobody reads the answers any more; OCR programs must not outlive the worker either.
        os.killpg(0, signal.SIGKILL)


def _run(connection: Connection, pipeline: Pipeline, request: Request) -> None:
    try:
        for frame in pipeline.run_on_file(**asdict(request)):
            _send(connection, Answer.FRAME, encode_frame(frame))
        _send(connection, Answer.SUMMARY, json.dumps(pipeline.summary()).encode())
    except Exception as error:
        _send_error(connection, error)


def _send(connection: Connection, answer: Answer, body: bytes = b"") -> None:
    connection.send_bytes(answer.value + body)


def _send_error(connection: Connection, error: Exception) -> None:
    _send(connection, Answer.ERROR, json.dumps(_described(error)).encode())


def _described(error: Exception) -> tuple[str, str]:
    if isinstance(error, PipelineError):
        return error.code, error.message
    if isinstance(error, SettingsError | GraphError):
        return FailureCode.INTERNAL_ERROR, str(error)
    if isinstance(error, MemoryError):
        return FailureCode.OUT_OF_MEMORY, "The film takes more memory than there is."
    log.error("pipeline failed unexpectedly", exc_info=error)
    return FailureCode.INTERNAL_ERROR, f"The pipeline failed unexpectedly ({type(error).__name__})."
