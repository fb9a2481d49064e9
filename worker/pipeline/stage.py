"""What a step of a pipeline is."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from config.regions import ANYWHERE
from worker.pipeline.frame import Frame, Provenance


@dataclass(frozen=True, slots=True)
class Step:
    """The work on one video, whose frames come in order.

    work: gives the same frames in the same order, with more in them; what goes wrong with one is
    that frame's error. memory: what the next frames' results depend on, a value for `packed` that
    changes no more; nothing where each frame is treated as if it were the first.
    """

    work: Callable[[Sequence[Frame]], list[Frame]]
    memory: Callable[[], object] = lambda: None

    def __call__(self, frames: Sequence[Frame]) -> list[Frame]:
        """Do the work on the next frames."""
        return self.work(frames)


class Stage(Protocol):
    """What a graph's node does: frames in, the same frames with more in them out."""

    def start(
        self, counts: Counter[str], memory: bytes | None = None, *, region: str = ANYWHERE
    ) -> Step:
        """The work on one video; what it remembers ends with it.

        memory: what a step of this stage remembered, packed, to go on from there. What the work
        does and what it saves is added to `counts`: see Summary. region: ANYWHERE or one of
        REGIONS, whose plates' formats count.
        """
        ...

    def provenance(self) -> Provenance:
        """Everything that decides what this stage puts into a frame."""
        ...
