"""What processes take that live long: web and worker, and the pipeline processes of that worker."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.history.clients import Record
from tests.faults.history.cluster import Cluster, Taken

# Until a process has loaded what it needs, and opened its connections.
WARM_JOBS, WARM_SECONDS = 50, 60
# One that is replaced earlier, for its worker lost a job that was under way, tells little.
LONG_VIDEOS = 20


@dataclass(frozen=True)
class Watched:
    """A pipeline process: how many videos it analysed, what it took before them and at the end."""

    videos: int
    before: Taken
    after: Taken


async def taken_when_warm(
    cluster: Cluster,
    record: Record,
    working: Sequence[asyncio.Task[None]],
    *,
    seconds: float,
) -> dict[int, Taken]:
    """By process id, what each takes once it has worked for a while; nothing when none has."""
    for _ in range(int(seconds)):
        done, _ = await asyncio.wait(working, timeout=1, return_when=asyncio.ALL_COMPLETED)
        if record.ended >= WARM_JOBS or len(done) == len(working):
            break
    # One that has just begun has yet to load what it needs, and would be taken to grow.
    is_warm = seconds >= WARM_SECONDS or record.ended >= WARM_JOBS
    return cluster.taken() if is_warm else {}


def lived(before: dict[int, Taken], after: dict[int, Taken]) -> list[tuple[Taken, Taken]]:
    """What those took and take that lived throughout."""
    return [(taken, after[pid]) for pid, taken in before.items() if pid in after]


def watched(folder: Path) -> list[Watched]:
    """The pipeline processes that told what they take, each in a file of its own."""
    told = (path.read_text().splitlines() for path in sorted(folder.iterdir()))
    return [
        Watched(len(lines) - 1, Taken(*json.loads(lines[0])), Taken(*json.loads(lines[-1])))
        for lines in told
        if lines
    ]
