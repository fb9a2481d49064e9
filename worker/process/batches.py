"""Sends frames' lines together: a message for each would wake the worker for every frame."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from worker.pipeline.results.document import join_lines

# How long a line waits for others, and how many bytes wait at most.
GATHER_SECONDS = 0.02
GATHER_BYTES = 2**18


class Batches:
    """Lines that wait to be sent; see open_batches."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.is_waiting = threading.Event()
        self._send = send
        self._lock = threading.Lock()
        self._lines: list[bytes] = []
        self._bytes = 0

    def add(self, line: bytes) -> None:
        """Have the line sent soon, and at once where much waits; blocks while that is sent."""
        with self._lock:
            self._lines.append(line)
            self._bytes += len(line)
            if self._bytes >= GATHER_BYTES:
                self._send_all()
            else:
                self.is_waiting.set()

    def flush(self) -> None:
        """Send what waits."""
        with self._lock:
            self._send_all()

    def _send_all(self) -> None:
        self.is_waiting.clear()
        lines, self._lines, self._bytes = self._lines, [], 0
        if lines:
            self._send(join_lines(lines))


@contextmanager
def open_batches(
    send: Callable[[bytes], None], *, gather_seconds: float = GATHER_SECONDS
) -> Iterator[Batches]:
    """Batches of which each is sent gather_seconds after its first line, the last at the end.

    send: is given the lines as they follow one another in the document, and called by one thread
    at a time.
    """
    batches, ended = Batches(send), threading.Event()
    thread = threading.Thread(
        target=_flush_often, args=(batches, ended, gather_seconds), daemon=True
    )
    thread.start()
    try:
        yield batches
    finally:
        ended.set()
        batches.is_waiting.set()
        thread.join()
        batches.flush()


def _flush_often(batches: Batches, ended: threading.Event, gather_seconds: float) -> None:
    while not ended.is_set():
        batches.is_waiting.wait()
        ended.wait(gather_seconds)
        batches.flush()
