"""Writes when each stage worked as a trace that https://ui.perfetto.dev opens.

The JSON array of the Trace Event Format: complete events ("X"), microseconds.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import IO, Any

from worker.pipeline.timing import Observer, Span

MICROSECONDS = 1e6
PROCESS = 1


@contextmanager
def written_to(file: IO[str]) -> Iterator[Observer]:
    """An observer whose spans go to the file as they end, a lane for each stage.

    After an error the closing bracket is missing, which the format allows.
    """
    file.write("[\n")
    yield _Trace(file).add
    file.write("\n]\n")


class _Trace:
    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._began = time.perf_counter()
        self._lanes: dict[str, int] = {}
        self._lock = Lock()
        self._separator = ""

    def add(self, span: Span) -> None:
        with self._lock:
            if span.stage not in self._lanes:
                self._lanes[span.stage] = len(self._lanes) + 1
                name = {"name": span.stage}
                self._write(name="thread_name", ph="M", tid=self._lanes[span.stage], args=name)
            self._write(
                name=span.stage,
                ph="X",
                tid=self._lanes[span.stage],
                ts=round((span.began - self._began) * MICROSECONDS),
                dur=round((span.ended - span.began) * MICROSECONDS),
                args={"batch": span.batch},
            )

    def _write(self, **event: Any) -> None:
        self._file.write(self._separator + json.dumps({"pid": PROCESS, **event}))
        self._separator = ",\n"
