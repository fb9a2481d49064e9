"""Places at which a process may be killed, and programs that are wrong on purpose.

Both are reached from outside the product: `arrange()` wraps methods in the processes that the tests
start in the place of `python -m service` and `python -m worker`, and in no other.
"""

import asyncio
import os
import re
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any

import aiosql

from service.dispatch import recovery
from service.jobs import postgres
from service.jobs.postgres import PostgresJobs
from service.queue.arq import ArqQueue
from service.storage.local import LocalStorage
from service.storage.part import Part
from worker import job_analysis

# The next process that comes to a place is killed when a file of its name is in this folder.
PLACES_VARIABLE = "FAULTS_PLACES"
ALTERED_VARIABLE = "FAULTS_ALTERED"

# Every write of the orders of submit, result, resume, claim, requeue, recovery and removal.
STEPS: dict[str, tuple[Any, str]] = {
    "stored": (Part, "show"),
    "inserted": (PostgresJobs, "insert"),
    "enqueued": (ArqQueue, "enqueue"),
    "claimed": (PostgresJobs, "claim"),
    "renewed": (PostgresJobs, "renew"),
    "segmented": (job_analysis, "save_partial"),
    "completed": (PostgresJobs, "complete"),
    "published": (LocalStorage, "publish"),
    "requeued": (PostgresJobs, "requeue"),
    "expired": (PostgresJobs, "expire_leases"),
    "removed": (PostgresJobs, "remove"),
    "deleted": (LocalStorage, "delete"),
}
PLACES = tuple(f"{when}-{step}" for step in STEPS for when in ("before", "after"))
LATE_SECONDS = 3.0


def arrange() -> None:
    """Wrap what the environment asks for."""
    if folder := os.environ.get(PLACES_VARIABLE):
        for step, (owner, method) in STEPS.items():
            setattr(owner, method, _killable(getattr(owner, method), step, Path(folder)))
    if altered := os.environ.get(ALTERED_VARIABLE):
        ALTERED[altered]()


def _killable(
    method: Callable[..., Awaitable[Any]], step: str, folder: Path
) -> Callable[..., Awaitable[Any]]:
    @wraps(method)
    async def killable(*arguments: Any, **named: Any) -> Any:
        _die_at(folder / f"before-{step}")
        given = await method(*arguments, **named)
        _die_at(folder / f"after-{step}")
        return given

    return killable


def _die_at(place: Path) -> None:
    try:
        place.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def unfenced_queries() -> Any:
    """queries.sql, in which a worker that lost its lease writes to the job all the same."""
    queries = Path(postgres.__file__).with_name("queries.sql").read_text()
    fence = re.compile(
        r"WHERE job_id = :job_id\s+AND status = 'running'\s+"
        r"AND attempt = :attempt\s+AND lease_owner = :lease_owner"
    )
    # Both numbers have to stand in the statement still.
    open_to_all = "WHERE job_id = :job_id AND (:attempt::int, :lease_owner::text) IS NOT NULL"
    altered, count = fence.subn(open_to_all, queries)
    assert count > 3, "the fence is not where it was"
    return aiosql.from_str(altered, "asyncpg")


def _drop_the_fence() -> None:
    """Whoever once had a job writes to it."""
    postgres.QUERIES = unfenced_queries()


def _show_before_it_is_durable() -> None:
    """A job is completed LATE_SECONDS before its results are synced and have their name."""
    rename = Part._rename

    def later(part: Part, descriptor: int) -> None:
        if "_results." not in part._target.name:
            rename(part, descriptor)
            return
        copy = os.dup(descriptor)
        threading.Thread(target=_rename_late, args=(part, copy), daemon=True).start()

    def _rename_late(part: Part, descriptor: int) -> None:
        time.sleep(LATE_SECONDS)
        rename(part, descriptor)
        os.close(descriptor)

    Part._rename = later  # type: ignore[method-assign]


def _recover_nothing() -> None:
    """Recovery looks, and brings nothing back."""

    async def idle_forever(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    recovery.recover_forever = idle_forever


ALTERED: dict[str, Callable[[], None]] = {
    "no fence": _drop_the_fence,
    "shown before durable": _show_before_it_is_durable,
    "no recovery": _recover_nothing,
}
