"""What a job's way costs among a few jobs and among many: claim, recovery, lists, submission."""

import asyncio
import http.client
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from service.jobs.postgres import PostgresJobs, open_postgres_jobs
from tests.benchmarks.cases.options import Options
from tests.benchmarks.cases.rows import add_completed, add_pending, settle
from tests.benchmarks.lock import timing
from tests.benchmarks.pairs import spread
from tests.benchmarks.programs import Void
from tests.benchmarks.report import Row, at_most
from tests.benchmarks.systems import answer_ms, open_system, percentile
from tests.system.harness import System
from tests.unit.worker.scripted_child import MAGIC

FEW = 1_000
# Of many rows one in so many is pending.
PENDING_SHARE = 10
ROUNDS = 400
# No lease ends meanwhile.
LEASE_SECONDS = 3600
FLAT_GOAL = at_most(1.2)


@dataclass(frozen=True)
class Asked:
    """A system with what asks it."""

    system: System
    video: Path
    jobs: PostgresJobs
    connection: http.client.HTTPConnection


async def _claim(asked: Asked) -> None:
    if await asked.jobs.claim(owner="benchmark", lease_seconds=LEASE_SECONDS) is None:
        raise Void("pending_jobs: nothing left to claim")


async def _recovery(asked: Asked) -> None:
    if (await asked.jobs.expire_leases(max_attempts=3)).requeued:
        raise Void("pending_jobs: a lease ended")


async def _submission(asked: Asked) -> None:
    asked.system.submit(asked.video)


def _page(path: str) -> Callable[[Asked], Awaitable[None]]:
    async def ask(asked: Asked) -> None:
        answer_ms(asked.connection, path)

    return ask


QUESTIONS: Mapping[str, Callable[[Asked], Awaitable[None]]] = MappingProxyType(
    {
        "claim": _claim,
        "recovery that finds none": _recovery,
        "newest 50": _page("/v1/jobs?limit=50"),
        "newest 50 pending": _page("/v1/jobs?limit=50&status=pending"),
        "submission": _submission,
        "metrics": _page("/metrics"),
    }
)


def pending_jobs(options: Options) -> Iterator[Row]:
    """What each costs among FEW rows and as many pending, by turns with what it does among many."""
    many = options.rows, options.rows // PENDING_SHARE
    with timing(), ExitStack() as stack:
        systems = [_filled(stack, completed, pending) for completed, pending in ((FEW, FEW), many)]
        waits = asyncio.run(_ask_all(systems))
    case = f"{many[1]} pending of {sum(many)} rows"
    for name, (few_ms, many_ms) in waits.items():
        ratios = spread([ours / theirs for theirs, ours in zip(few_ms, many_ms, strict=True)])
        note = f"p50 {percentile(many_ms, 50):.2f} ms, p99 {percentile(many_ms, 99):.2f} ms"
        yield Row(
            "pending_jobs",
            f"{name}, {case}",
            f"times {FEW}",
            ratios.median,
            ratios,
            FLAT_GOAL,
            note,
        )


def _filled(stack: ExitStack, completed: int, pending: int) -> tuple[System, Path]:
    # Nobody is refused for how many of theirs wait.
    system, _servers = stack.enter_context(open_system(max_pending_per_token="100000000"))
    video = system.folder / "empty.mp4"
    video.write_bytes(MAGIC)
    add_completed(system, completed)
    add_pending(system, video, pending)
    settle(system)
    system.start_web()
    return system, video


async def _ask_all(
    systems: list[tuple[System, Path]],
) -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds of each question in the one system and in the other, asked by turns."""
    waits: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in QUESTIONS}
    async with AsyncExitStack() as stack:
        asked = [
            Asked(
                system,
                video,
                await stack.enter_async_context(open_postgres_jobs(system.database_url)),
                http.client.HTTPConnection("127.0.0.1", system.port),
            )
            for system, video in systems
        ]
        for number in range(ROUNDS):
            for name, question in QUESTIONS.items():
                pair = list(zip(asked, waits[name], strict=True))
                for one, milliseconds in reversed(pair) if number % 2 else pair:
                    began = time.perf_counter()
                    await question(one)
                    milliseconds.append((time.perf_counter() - began) * 1000)
    return waits
