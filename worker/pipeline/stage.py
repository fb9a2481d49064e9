"""What a step of a pipeline is."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from worker.pipeline.frame import Frame, Provenance

# The same frames in the same order, with more in them; what goes wrong with one is that frame's
# error.
Step = Callable[[Sequence[Frame]], list[Frame]]


class Stage(Protocol):
    """What a graph's node does: frames in, the same frames with more in them out."""

    def start(self, counts: Counter[str]) -> Step:
        """The work on one video, whose frames come in order; what it remembers ends with it.

        What it does and what it saves is added to `counts`: see Summary.
        """
        ...

    def provenance(self) -> Provenance:
        """Everything that decides what this stage puts into a frame."""
        ...
