"""The job: its statuses, the moves between them, and the values the domain passes around."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from config.regions import ANYWHERE
from service.storage.base import StoredFile

PROGRESS_RUNNING = 0.5


class Status(StrEnum):
    """Where a job stands."""

    # waits for a worker; leaves by a claim
    PENDING = "pending"
    # one worker holds a lease on it; leaves by a result, a final error, or a requeue
    RUNNING = "running"
    # results are stored and hashed; never leaves
    COMPLETED = "completed"
    # carries error_code and error_message; never leaves
    FAILED = "failed"


# running → pending is the requeue: lease expired, worker stopped, crash with attempts left.
TRANSITIONS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.PENDING: frozenset({Status.RUNNING}),
        Status.RUNNING: frozenset({Status.COMPLETED, Status.FAILED, Status.PENDING}),
        Status.COMPLETED: frozenset(),
        Status.FAILED: frozenset(),
    }
)
TERMINAL = frozenset(status for status, targets in TRANSITIONS.items() if not targets)


@dataclass(frozen=True, slots=True)
class Options:
    """How a video is to be analysed."""

    frame_stride: int = 1
    max_frames: int | None = None
    region: str = ANYWHERE


@dataclass(frozen=True, slots=True)
class NewJob:
    """What is known of a job when its video is stored."""

    job_id: UUID
    pipeline_id: str
    source: StoredFile
    options: Options = Options()
    owner: str = ""
    idempotency_key: str | None = None
    # The submitted file's, for people.
    input_name: str | None = None
    # Analysed even where the same was analysed before.
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write to a running job: a write that does not carry all three is refused."""

    job_id: UUID
    attempt: int
    owner: str


@dataclass(frozen=True, slots=True)
class Job:
    """One row of jobs, but for what can be large: a completed job's summary is asked for apart."""

    job_id: UUID
    status: Status
    pipeline_id: str
    input_path: str
    created_at: datetime
    updated_at: datetime
    input_bytes: int
    input_sha256: str
    output_path: str | None = None
    output_bytes: int | None = None
    output_sha256: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    options: Options = Options()
    attempt: int = 0
    interruptions: int = 0
    lease_owner: str | None = None
    lease_expires_at: datetime | None = None
    owner: str = ""
    idempotency_key: str | None = None
    input_name: str | None = None
    # Of a running job, as of when its lease was last renewed.
    frames_done: int | None = None
    frames_expected: int | None = None
    fresh: bool = False

    @property
    def progress(self) -> float:
        """Coarse progress: 0 pending, 0.5 running, 1.0 at the end."""
        if self.status in TERMINAL:
            return 1.0
        return PROGRESS_RUNNING if self.status is Status.RUNNING else 0.0

    @property
    def crashes(self) -> int:
        """Attempts that ended by a crash, including the one under way; deploys do not count."""
        return self.attempt - self.interruptions

    @property
    def lease(self) -> Lease:
        """The lease the running job is held under."""
        if self.lease_owner is None:
            raise ValueError(f"job {self.job_id} is {self.status}, nobody holds it")
        return Lease(self.job_id, self.attempt, self.lease_owner)


def utc_now() -> datetime:
    """The time of day, with its zone."""
    return datetime.now(UTC)


# The folder of all keys below, and the names they give.
JOBS_FOLDER = "video_jobs"
# What proves a storage to be there, and to be the same; swept where it is left behind.
READINESS_PREFIX = f"{JOBS_FOLDER}/readiness-"
_JOB_FILE = re.compile(rf"{JOBS_FOLDER}/([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})"
                       r"(?:\.mp4|_results(?:\.\d+)?\.json"
                       r"|_segment\.\d+\.\d+|_checkpoint\.\d+)")  # fmt: skip


def source_key(job_id: UUID) -> str:
    """Storage key of a job's video."""
    return f"video_jobs/{job_id}.mp4"


def results_key(job_id: UUID) -> str:
    """Storage key under which a completed job's results are published."""
    return f"video_jobs/{job_id}_results.json"


def attempt_results_key(lease: Lease) -> str:
    """Storage key of the results one attempt wrote; the row names it, so readers go by the row."""
    return f"video_jobs/{lease.job_id}_results.{lease.attempt}.json"


def readiness_key(name: UUID) -> str:
    """Where a file that proves something of the storage lies."""
    return f"{READINESS_PREFIX}{name}"


def segment_key(lease: Lease, number: int) -> str:
    """Storage key of a part of the results that one attempt is writing, counted from 0."""
    return f"video_jobs/{lease.job_id}_segment.{lease.attempt}.{number}"


def checkpoint_key(lease: Lease) -> str:
    """Storage key of what one attempt leaves for the next to go on with."""
    return f"video_jobs/{lease.job_id}_checkpoint.{lease.attempt}"


def job_id_of(key: str) -> UUID | None:
    """The job whose file a storage key names; None for a file that is no job's."""
    found = _JOB_FILE.fullmatch(key)
    return UUID(found[1]) if found else None


def stored_keys(job: Job) -> list[str]:
    """Storage keys of the results that every attempt may have left, and of the video.

    What attempts leave for one another is not among them: see partial_keys.
    """
    attempts = (Lease(job.job_id, number, "") for number in range(1, job.attempt + 1))
    results = dict.fromkeys([*map(attempt_results_key, attempts), results_key(job.job_id)])
    named = filter(None, (job.output_path, job.input_path))
    return list(results | dict.fromkeys(named))
