"""Numbered files of samples, drawn ahead by processes while a network learns from earlier ones."""

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

import cv2


class Shards:
    """What ``make`` writes for each number; never more than ``ahead`` unasked for."""

    def __init__(self, make: Callable[[int], Path], *, processes: int, ahead: int) -> None:
        self._make, self._ahead = make, ahead
        self._coming: dict[int, Future[Path]] = {}
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(processes, context, _prepare)

    def fetch(self, number: int, *, last: int) -> Path:
        """That file, waited for where it is not there yet; ``last`` is the last to be made."""
        for coming in range(number, min(last, number + self._ahead) + 1):
            if coming not in self._coming:
                self._coming[coming] = self._pool.submit(self._make, coming)
        return self._coming.pop(number).result()

    def close(self) -> None:
        """Ends the processes; what they are at is thrown away."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _prepare() -> None:
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A pool's process waits for work on a pipe that it keeps open itself: it would wait for ever
    # for a training that was killed.
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
