"""What a step of a pipeline is."""

from collections.abc import Sequence
from typing import Protocol

from worker.pipeline.frame import Frame, Provenance


class Stage(Protocol):
    """What a graph's node does: frames in, the same frames with more in them out."""

    def run(self, frames: Sequence[Frame]) -> list[Frame]:
        """The same frames in the same order; what goes wrong with one is that frame's error."""
        ...

    def provenance(self) -> Provenance:
        """Everything that decides what this stage puts into a frame."""
        ...
