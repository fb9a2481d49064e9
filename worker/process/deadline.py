"""How far an analysis has come, and when it is too slow."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from config.failures import FailureCode
from config.settings import variable_of
from worker.pipeline.errors import PipelineError

# Far above what a slow machine takes to read a dense 4K frame, and to decode one.
SECONDS_PER_ANALYSED = 30.0
SECONDS_PER_DECODED = 2.0
# What takes longer for one frame is no disk that is slow: it, or a driver, hangs for good.
MOST_WAITING_SECONDS = 3600.0
STALL_SECONDS = variable_of("stall_seconds")

MonotonicClock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a video has come, in frames; frames_expected: of those to be analysed, once known."""

    frames_decoded: int = 0
    frames_analysed: int = 0
    frames_expected: int | None = None


class Deadline:
    """Each frame buys more time, and none may be too long in coming.

    The clock stands still while nobody waits for a frame: that time is not the video's.
    """

    def __init__(
        self, stall_seconds: float, clock: MonotonicClock, *, limit: str = STALL_SECONDS
    ) -> None:
        """limit: what the seconds are called where they are said to be over."""
        self.limit = limit
        self.progress = Progress()
        self.stall_seconds = stall_seconds
        self._clock = clock
        self._began_at = self._moved_at = self._left_at = self._looked_at = clock()
        self._waiting_seconds = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Let the clock run within."""
        self._looked_at = self._clock()
        idle = self._looked_at - self._left_at
        self._began_at += idle
        self._moved_at += idle
        try:
            yield
        finally:
            self._left_at = self._clock()

    def move(
        self,
        *,
        frames_decoded: int = 0,
        frames_analysed: int = 0,
        frames_expected: int | None = None,
    ) -> None:
        """Take note of how many frames there are by now; a number that falls is no news."""
        analysed = max(self.progress.frames_analysed, frames_analysed)
        # What is analysed was decoded, also when nobody has said so yet.
        decoded = max(self.progress.frames_decoded, frames_decoded, analysed)
        expected = self.progress.frames_expected if frames_expected is None else frames_expected
        moved = Progress(decoded, analysed, expected)
        if moved != self.progress:
            self.progress = moved
            self._moved_at = self._clock()
            self._waiting_seconds = 0.0

    def look(self, *, waits_for_disk: bool) -> float:
        """Give back the time since the last look where it was spent in waiting for a disk.

        That time is not the video's either, up to MOST_WAITING_SECONDS for one frame. Gives the
        seconds given back since the last frame.
        """
        now = self._clock()
        if waits_for_disk and self._waiting_seconds < MOST_WAITING_SECONDS:
            waited = now - self._looked_at
            self._waiting_seconds += waited
            self._began_at += waited
            self._moved_at = min(now, self._moved_at + waited)
        self._looked_at = now
        return self._waiting_seconds

    @property
    def is_over(self) -> bool:
        """Whether no frame came for too long, or all of them took too long together."""
        stalls_at = self._moved_at + self.stall_seconds
        return self._clock() > min(stalls_at, self._began_at + self.allowed_seconds)

    @property
    def still_seconds(self) -> float:
        """Seconds since the last frame."""
        return self._clock() - self._moved_at

    @property
    def spent_seconds(self) -> float:
        """Seconds for all of the frames so far."""
        return self._clock() - self._began_at

    @property
    def allowed_seconds(self) -> float:
        """How many those may be."""
        analysing = self.progress.frames_analysed * SECONDS_PER_ANALYSED
        return self.stall_seconds + analysing + self.progress.frames_decoded * SECONDS_PER_DECODED


def too_slow(deadline: Deadline) -> PipelineError:
    """What is told of a video whose time is over."""
    return PipelineError(
        FailureCode.DEADLINE_EXCEEDED,
        f"{deadline.limit} is {deadline.stall_seconds:g}, and the pipeline was too slow: "
        f"{deadline.progress.frames_decoded} frames decoded, "
        f"{deadline.progress.frames_analysed} analysed, none for the last "
        f"{deadline.still_seconds:.0f} s, in {deadline.spent_seconds:.0f} s where those frames "
        f"allow {deadline.allowed_seconds:.0f} s",
    )
