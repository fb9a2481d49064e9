"""When an analysis is to give a checkpoint."""

import time

from worker.process.deadline import MonotonicClock

# The worker holds so many bytes of results, until they are durable with the next checkpoint.
MOST_BYTES = 8 * 2**20
# A checkpoint may cost so much of the time that is spent on frames.
COST_SHARE = 0.02


class Schedule:
    """One is due after so many seconds of work, or so many bytes of results."""

    def __init__(self, period_seconds: float, clock: MonotonicClock = time.monotonic) -> None:
        self._period_seconds = period_seconds
        self._clock = clock
        self._asked_at = clock()
        self._due_at = self._asked_at + period_seconds
        self._bytes = 0

    def count(self, line: bytes) -> None:
        """Take note of a frame's line."""
        self._bytes += len(line)

    def is_due(self) -> bool:
        """Whether a checkpoint is to be given now; it is taken for begun then."""
        now = self._clock()
        is_due = now >= self._due_at or self._bytes >= MOST_BYTES
        if is_due:
            self._asked_at = now
        return is_due

    def restart(self) -> None:
        """Wait for the next one, and longer where this one took long."""
        now = self._clock()
        took_seconds = now - self._asked_at
        self._due_at = now + max(self._period_seconds, took_seconds / COST_SHARE)
        self._bytes = 0
