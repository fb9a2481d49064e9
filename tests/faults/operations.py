"""What two workers, recovery, a client and time may do to one job; see interleavings."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from config.failures import FailureCode
from service.jobs.model import Lease, NewJob
from service.jobs.postgres import PostgresJobs
from service.storage.base import StoredFile

JOB_ID = UUID(int=1)
WORKERS = ("a", "b")
MAX_CRASHES = 2
LONG_SECONDS = 60.0
SHA256 = "a" * 64

# Whether it was done; False where the job was somebody else's, or nobody's.
Operation = Callable[[PostgresJobs], Awaitable[bool]]


@dataclass(frozen=True)
class State:
    """The row, None where there is none, and the owner of each attempt there ever was."""

    row: "Seen | None"
    owners: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """What of a row decides what may come next."""

    status: str
    attempt: int
    interruptions: int
    lease_owner: str | None
    is_over: bool | None
    output_path: str | None
    error_code: str | None


def a_job() -> NewJob:
    """The one job."""
    return NewJob(JOB_ID, "yolo_ocr", StoredFile("video_jobs/1.mp4", 10, SHA256))


def operations(state: State, max_attempts: int) -> Iterator[tuple[str, Operation]]:
    """All that may happen in a state, by name; a claim while the attempts are fewer."""
    yield "recover", _recover
    yield "delete", _delete
    yield "lapse", _lapse
    # The workers are alike: let the first to claim be the first.
    for owner in WORKERS if state.owners else WORKERS[:1]:
        if len(state.owners) < max_attempts:
            yield f"claim {owner}", partial(_claim, owner=owner)
        yield f"requeue_claimed {owner}", partial(_requeue_claimed, owner=owner)
    for attempt, owner in enumerate(state.owners, start=1):
        for name, write in WRITES.items():
            yield f"{name} {owner} {attempt}", partial(write, lease=Lease(JOB_ID, attempt, owner))


async def _recover(jobs: PostgresJobs) -> bool:
    expired = await jobs.expire_leases(max_attempts=MAX_CRASHES)
    return bool(expired.requeued or expired.failed)


async def _delete(jobs: PostgresJobs) -> bool:
    await jobs.remove(JOB_ID, owner="")
    return True


async def _lapse(jobs: PostgresJobs) -> bool:
    """Time passes, and nobody renews: no operation of ours, but what a crash looks like."""
    async with jobs._connection() as connection:
        told = await connection.execute(
            "UPDATE jobs SET lease_expires_at = now() - interval '1 s' WHERE status = 'running'"
        )
    return bool(told == "UPDATE 1")


async def _claim(jobs: PostgresJobs, *, owner: str) -> bool:
    return await jobs.claim(owner=owner, lease_seconds=LONG_SECONDS) is not None


async def _requeue_claimed(jobs: PostgresJobs, *, owner: str) -> bool:
    await jobs.requeue_claimed(owner)
    return True


async def _renew(jobs: PostgresJobs, *, lease: Lease) -> bool:
    await jobs.renew(lease, lease_seconds=LONG_SECONDS)
    return True


async def _requeue(jobs: PostgresJobs, *, lease: Lease, interrupted: bool) -> bool:
    await jobs.requeue(lease, interrupted=interrupted)
    return True


async def _complete(jobs: PostgresJobs, *, lease: Lease) -> bool:
    results = StoredFile(f"results.{lease.attempt}", 7, SHA256)
    await jobs.complete(lease, results, summary={"texts": []})
    return True


async def _fail(jobs: PostgresJobs, *, lease: Lease) -> bool:
    await jobs.fail(lease, FailureCode.CORRUPT_VIDEO, "corrupt_video")
    return True


# What a worker writes to a job that it claimed.
WRITES: dict[str, Callable[..., Awaitable[bool]]] = {
    "renew": _renew,
    "requeue": partial(_requeue, interrupted=True),
    "crash": partial(_requeue, interrupted=False),
    "complete": _complete,
    "fail": _fail,
}
