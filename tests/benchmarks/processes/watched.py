"""Runs a program as it is and notes how late its event loop comes to what is due.

`python -m tests.benchmarks.processes.watched FILE [MODULE]`; without a module an empty loop, until
SIGTERM.
"""

import asyncio
import logging
import runpy
import signal
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path

PERIOD_SECONDS = 0.005
READY = "empty loop ready"


@dataclass(frozen=True, slots=True)
class Lag:
    """How late a loop was: by the 99th percentile of what was due, and by the latest."""

    p99_ms: float
    longest_ms: float


class Watch:
    """Something due every PERIOD_SECONDS in a loop.

    A loop that is held for long is late for everything that was due meanwhile, and each counts.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        # By turns when something was due, on the machine's monotonic clock, and how late it came.
        self.noted = array("d")
        self._loop = loop
        self._due = loop.time()
        loop.call_soon(self._tick)

    def _tick(self) -> None:
        now = self._loop.time()
        while self._due <= now:
            self.noted.extend((self._due, now - self._due))
            self._due += PERIOD_SECONDS
        self._loop.call_at(self._due, self._tick)


class WatchedLoops(asyncio.DefaultEventLoopPolicy):
    """Gives every loop a watch."""

    def __init__(self) -> None:
        super().__init__()
        self.watches: list[Watch] = []

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """See the base."""
        loop = super().new_event_loop()
        self.watches.append(Watch(loop))
        return loop


def lag(file: Path, *, since: float, until: float) -> Lag:
    """Of what was due within a time, by time.monotonic(); from the file of a program that ended."""
    noted = array("d", file.read_bytes())
    late = sorted(
        late for due, late in zip(noted[::2], noted[1::2], strict=True) if since <= due < until
    )
    return Lag(1000 * late[int(0.99 * len(late))], 1000 * late[-1])


def main() -> None:
    """Run the module as if it had been started itself."""
    file, *program = sys.argv[1:]
    loops = WatchedLoops()
    asyncio.set_event_loop_policy(loops)
    sys.argv = program
    try:
        if program:
            runpy.run_module(program[0], run_name="__main__", alter_sys=True)
        else:
            asyncio.run(_nothing())
    finally:
        noted = b"".join(watch.noted.tobytes() for watch in loops.watches)
        Path(file).write_bytes(noted)


async def _nothing() -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    logging.warning(READY)
    await told.wait()


if __name__ == "__main__":
    main()
