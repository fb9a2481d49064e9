"""What processes take that live long: web and worker, and the pipeline processes of that worker."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.history.clients import Record
from tests.faults.history.cluster import Cluster, Taken

# Until a process has opened its connections, and what it needs only now and then is loaded.
WARM_JOBS, WARM_VIDEOS, WARM_SECONDS = 50, 5, 60
# One that began a moment ago has yet to load what all need, and would be taken to grow.
YOUNG_SECONDS = 20
# One that is replaced earlier, for its worker lost a job that was under way, tells little.
LONG_VIDEOS = 20


@dataclass(frozen=True)
class Lived:
    """What a process took once it was warm, and at the end."""

    name: str
    before: Taken
    after: Taken
    # How many it analysed, where it is a pipeline process.
    videos: int | None = None


async def taken_when_warm(
    cluster: Cluster,
    record: Record,
    working: Sequence[asyncio.Task[None]],
    *,
    seconds: float,
) -> dict[str, Taken]:
    """By name, what those take that have worked for a while; nothing where time was short."""
    for _ in range(int(seconds)):
        done, _ = await asyncio.wait(working, timeout=1, return_when=asyncio.ALL_COMPLETED)
        if is_warm(cluster, record) or len(done) == len(working):
            break
    if seconds < WARM_SECONDS and not is_warm(cluster, record):
        return {}
    return cluster.taken(lived_seconds=YOUNG_SECONDS)


def is_warm(cluster: Cluster, record: Record) -> bool:
    """Whether many jobs have ended, some of them with the worker that nothing ends."""
    videos = sum(one.videos or 0 for one in pipelines(cluster.watched))
    return record.ended >= WARM_JOBS and videos >= WARM_VIDEOS * cluster.lasting_workers


def lived(before: dict[str, Taken], after: dict[str, Taken]) -> list[Lived]:
    """What those took and take that lived throughout."""
    return [Lived(name, taken, after[name]) for name, taken in before.items() if name in after]


def pipelines(folder: Path) -> list[Lived]:
    """The pipeline processes that told what they take, each in a file of its own."""
    told = ((path.name, path.read_text().splitlines()) for path in sorted(folder.iterdir()))
    return [
        Lived(name, Taken(*json.loads(lines[0])), Taken(*json.loads(lines[-1])), len(lines) - 1)
        for name, lines in told
        if lines
    ]
