"""Presentation times in whole milliseconds that rise from frame to frame."""

from fractions import Fraction

from config.failures import FailureCode
from worker.pipeline.errors import PipelineError

# Above 1000 frames a second whole milliseconds run ahead of the film, by no more than this.
SLACK_MS = 500


class Clock:
    """Gives each decoded frame its time: the film's own, and at least 1 ms after the frame before.

    A film that begins before zero is moved so that it begins at zero.
    """

    def __init__(self) -> None:
        self._offset_ms = 0
        self._last_ms: int | None = None

    def read(self, pts: int | None, time_base: Fraction | None) -> int:
        """Milliseconds of a presentation time; raises PipelineError bad_timing.

        That is: a frame without a time, or one shown more than half a second before its
        predecessor.
        """
        if pts is None or time_base is None:
            raise PipelineError(FailureCode.BAD_TIMING, "a frame has no presentation time")
        shown_ms = round(pts * time_base * 1000)
        if self._last_ms is None:
            self._offset_ms = max(0, -shown_ms)
            self._last_ms = shown_ms + self._offset_ms
            return self._last_ms
        return self._after(self._last_ms, shown_ms + self._offset_ms)

    def _after(self, last_ms: int, shown_ms: int) -> int:
        if last_ms - shown_ms > SLACK_MS:
            raise PipelineError(
                FailureCode.BAD_TIMING, "the frames' presentation times do not rise"
            )
        self._last_ms = max(shown_ms, last_ms + 1)
        return self._last_ms
