"""Presentation times in whole milliseconds that never fall from frame to frame."""

from fractions import Fraction

from config.failures import FailureCode
from worker.pipeline.errors import PipelineError

# So far a frame may be shown before its predecessor; both are then given the later one's time.
SLACK_MS = 500
# A video of 100,000 frames a second has as many in a millisecond; more have times that stand still.
MOST_AT_ONE_TIME = 100


class Clock:
    """Gives each decoded frame its time: the video's own, and never before the frame before it.

    Above 1000 frames a second neighbours share a millisecond. A video that begins before zero is
    moved so that it begins at zero.
    """

    def __init__(self) -> None:
        self._offset_ms = 0
        self._last_ms: int | None = None
        self._at_last = 1

    def read(self, pts: int | None, time_base: Fraction | None) -> int:
        """Milliseconds of a presentation time; raises PipelineError bad_timing.

        That is: a frame without a time, one shown more than half a second before its predecessor,
        or times that stand still.
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
                FailureCode.BAD_TIMING,
                f"the frames' presentation times run backwards, by {last_ms - shown_ms} ms where "
                f"{SLACK_MS} are taken",
            )
        self._at_last = 1 if shown_ms > last_ms else self._at_last + 1
        if self._at_last > MOST_AT_ONE_TIME:
            raise PipelineError(
                FailureCode.BAD_TIMING, f"more than {MOST_AT_ONE_TIME} frames are shown at one time"
            )
        self._last_ms = max(shown_ms, last_ms)
        return self._last_ms
