"""How the training tells where it is: a bar on a terminal, a line now and then elsewhere."""

import math
import sys
from collections.abc import Mapping
from types import TracebackType

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

STEPS_A_LINE = 50


class Reporter:
    """Shows progress towards ``steps`` or ``seconds``, whichever comes first."""

    def __init__(self, steps: int, seconds: float) -> None:
        self._steps, self._seconds = steps, seconds
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            disable=not sys.stdout.isatty(),
        )
        self._task = self._bar.add_task("training", total=1.0)

    def __enter__(self) -> "Reporter":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def show(self, step: int, seconds: float, samples: int, losses: Mapping[str, float]) -> None:
        """Tells where the training is; a line only every ``STEPS_A_LINE`` steps."""
        share = max(step / self._steps, seconds / self._seconds)
        parts = " ".join(f"{name} {value:.3f}" for name, value in losses.items())
        self._bar.update(self._task, completed=share, description=f"step {step}  {parts}")
        if self._bar.disable and step % STEPS_A_LINE == 0:
            rate = samples / max(seconds, math.ulp(1.0))
            line = f"{seconds:.0f} s, step {step}, {rate:.1f} images/s, {parts}, {share:.1%}"
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
