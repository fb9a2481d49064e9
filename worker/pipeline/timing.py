"""What the stages of one video spend, and when: they work at the same time."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stage's work on its batch of this number, from 0; began, ended in time.perf_counter()."""

    stage: str
    batch: int
    began: float
    ended: float


# Called from the thread of the stage that it is about.
Observer = Callable[[Span], None]


def unobserved(span: Span) -> None:
    """Let a span go."""


class Timings:
    """The seconds of each stage so far; each span of work goes to the observer as it ends."""

    def __init__(self, stages: Iterable[str], observer: Observer) -> None:
        self.seconds = dict.fromkeys(stages, 0.0)
        self._batches: Counter[str] = Counter()
        self._observer = observer

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Count what runs inside as the stage's next batch; one thread at a time for each stage."""
        began = time.perf_counter()
        yield
        ended = time.perf_counter()
        self.seconds[stage] += ended - began
        self._observer(Span(stage, self._batches[stage], began, ended))
        self._batches[stage] += 1
