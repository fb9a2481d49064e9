"""The readers that are asked beside the engine."""

from collections.abc import Sequence
from typing import Protocol

from worker.pipeline.frame import Box, Picture, Provenance, Reading

# What the engine reads with less confidence they are asked about.
ASK_BELOW_CONFIDENCE = 0.95


class Plates(Protocol):
    """A reader for number plates alone."""

    def read(
        self, plates: Sequence[tuple[Picture, Box]], region: str, *, in_two_rows: bool = False
    ) -> list[tuple[Reading, ...]]:
        """What the plate in each box may say, most probable first; region: see Stage.start."""
        ...

    def provenance(self) -> Provenance:
        """Everything that decides what is read."""
        ...


class Lines(Protocol):
    """A reader for single lines of text, beside the engine."""

    def read(self, lines: Sequence[tuple[Picture, Box]]) -> list[Reading]:
        """What each box says, with a confidence like the engine's; see LineReader.read."""
        ...

    def provenance(self) -> Provenance:
        """Everything that decides what is read."""
        ...
