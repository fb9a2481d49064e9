"""What every benchmark is told."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.benchmarks.report import Row
from tests.benchmarks.videos.made import Made, made_video
from tests.benchmarks.videos.scene import RATE


@dataclass(frozen=True, slots=True)
class Options:
    """How much is measured; ``minutes`` are of long videos, ``python`` runs the script."""

    pairs: int = 5
    seconds: int = 20
    strides: tuple[int, ...] = (25, 5)
    kinds: tuple[str, ...] = ()
    seed: int = 1911
    minutes: int = 60
    jobs: int = 10_000
    rows: int = 1_000_000
    python: str = sys.executable

    def video(self, kind: str) -> Made:
        """The video of that kind and of these seconds."""
        return made_video(kind, seed=self.seed, frames=self.seconds * RATE)


Case = Callable[[Options], Iterator[Row]]
