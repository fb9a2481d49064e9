"""One suite for every place jobs are kept."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from config.failures import FailureCode
from service.errors import JobNotCompleted, JobNotFound, LeaseLost
from service.jobs.model import Job, Lease, NewJob, Options, Status, source_key
from service.services import FullJobStore
from service.storage.base import StoredFile

HASH = "a" * 64
TEXTS = [
    {
        "text": "NORTH",
        "class_name": "text",
        "first_ms": 0,
        "last_ms": 2**33,
        "confidence": 0.9312,
        "detections": 3,
        "frames": 2,
        "track_id": 7,
    },
    {
        "text": "exit",
        "class_name": "text",
        "first_ms": 40,
        "last_ms": 40,
        "confidence": 0.7,
        "detections": 1,
        "frames": 1,
    },
]
SUMMARY = {"video": {"width": 64}, "texts": TEXTS, "texts_truncated": False}
LONG, OVER = 60.0, -1.0


def new_job(**changes: object) -> NewJob:
    job_id = uuid4()
    fields = {
        "job_id": job_id,
        "pipeline_id": "yolo_ocr",
        "source": StoredFile(source_key(job_id), 10, HASH),
    }
    return NewJob(**fields | changes)


def results_of(job: Job) -> StoredFile:
    return StoredFile(f"video_jobs/{job.job_id}_results.{job.attempt}.json", 7, "b" * 64)


async def pending(jobs: FullJobStore, **changes: object) -> Job:
    job, _ = await jobs.insert(new_job(**changes))
    return job


async def running(jobs: FullJobStore, *, lease_seconds: float = LONG, **changes: object) -> Job:
    job = await pending(jobs, **changes)
    claimed = await jobs.claim(owner="w1", lease_seconds=lease_seconds)
    assert claimed is not None
    assert claimed.job_id == job.job_id
    return claimed


async def test_a_new_job_is_pending_with_everything_it_was_given(jobs: FullJobStore) -> None:
    """JOB-1."""
    new = new_job(
        options=Options(5, 100, "br"),
        owner="ann",
        idempotency_key="k",
        input_name="Straße 1.mp4",
        fresh=True,
    )

    stored, created = await jobs.insert(new)

    assert created
    assert stored == await jobs.get(new.job_id, owner="ann")
    assert (stored.status, stored.progress, stored.attempt) == (Status.PENDING, 0.0, 0)
    assert (stored.options, stored.owner, stored.idempotency_key) == (
        Options(5, 100, "br"),
        "ann",
        "k",
    )
    assert stored.input_name == "Straße 1.mp4"
    assert stored.fresh
    assert (stored.input_path, stored.input_bytes, stored.input_sha256) == (
        new.source.key,
        10,
        HASH,
    )
    assert stored.created_at == stored.updated_at
    assert abs(stored.created_at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_an_unknown_id_is_not_found(jobs: FullJobStore) -> None:
    with pytest.raises(JobNotFound):
        await jobs.get(UUID(int=0))


async def test_a_key_used_again_gives_the_first_job(jobs: FullJobStore) -> None:
    first = await pending(jobs, owner="ann", idempotency_key="k")

    again, created = await jobs.insert(new_job(owner="ann", idempotency_key="k"))
    other, other_created = await jobs.insert(new_job(owner="bob", idempotency_key="k"))

    assert (again.job_id, created) == (first.job_id, False)
    assert (other.job_id == first.job_id, other_created) == (False, True)


async def test_a_claim_counts_the_attempt_and_only_one_succeeds(jobs: FullJobStore) -> None:
    """JOB-2: pending → running."""
    job = await pending(jobs)

    claimed = await jobs.claim(owner="w1", lease_seconds=LONG)
    second = await jobs.claim(owner="w2", lease_seconds=LONG)

    assert claimed is not None
    assert (claimed.status, claimed.attempt, claimed.progress) == (Status.RUNNING, 1, 0.5)
    assert claimed.lease == Lease(job.job_id, 1, "w1")
    assert second is None
    assert (await jobs.get(job.job_id)).lease_owner == "w1"


async def test_jobs_are_claimed_in_the_order_they_were_accepted(jobs: FullJobStore) -> None:
    """QUE-1: the row decides which job is next; one that was requeued keeps its place."""
    accepted = [(await pending(jobs)).job_id for _ in range(3)]
    first = await jobs.claim(owner="w1", lease_seconds=LONG)
    assert first is not None
    await jobs.requeue(first.lease, interrupted=True)

    claimed = [await jobs.claim(owner="w1", lease_seconds=LONG) for _ in range(4)]

    assert [job and job.job_id for job in claimed] == [*accepted, None]


async def test_a_claim_whose_response_was_lost_is_requeued_and_counts_as_no_crash(
    jobs: FullJobStore,
) -> None:
    lost = await running(jobs)
    await pending(jobs)
    other = await jobs.claim(owner="w2", lease_seconds=LONG)
    assert other is not None

    await jobs.requeue_claimed("w1")

    back = await jobs.get(lost.job_id)
    assert (back.status, back.attempt, back.crashes) == (Status.PENDING, 1, 0)
    assert await jobs.get(other.job_id) == other


async def test_a_completed_job_names_its_results_and_never_changes(jobs: FullJobStore) -> None:
    """JOB-2: running → completed, and no other way."""
    job = await running(jobs)
    results = results_of(job)

    await jobs.complete(job.lease, results, summary=SUMMARY)

    done = await jobs.get(job.job_id)
    assert (done.status, done.progress) == (Status.COMPLETED, 1.0)
    assert (done.output_path, done.output_bytes, done.output_sha256) == (
        results.key,
        results.size,
        results.sha256,
    )
    assert done.lease_owner is None
    with pytest.raises(LeaseLost):
        await jobs.fail(job.lease, FailureCode.INTERNAL_ERROR, "late")
    with pytest.raises(LeaseLost):
        await jobs.requeue(job.lease, interrupted=True)
    assert await jobs.claim(owner="w2", lease_seconds=LONG) is None
    assert await jobs.get(job.job_id) == done


async def test_a_summary_comes_back_as_it_was_written(jobs: FullJobStore) -> None:
    job = await running(jobs)
    await jobs.complete(job.lease, results_of(job), summary=SUMMARY)

    assert await jobs.summary(job.job_id) == SUMMARY


PROVENANCE = {"program": "1", "options": {"frame_stride": 1, "max_frames": None}}


async def completed(jobs: FullJobStore, **changes: object) -> Job:
    job = await running(jobs, **changes)
    await jobs.complete(job.lease, results_of(job), summary=SUMMARY | {"provenance": PROVENANCE})
    return job


async def test_what_the_same_bytes_gave_before_is_found_with_all_its_texts(
    jobs: FullJobStore,
) -> None:
    await completed(jobs)
    newest = await completed(jobs)

    repeat = await jobs.find_repeat(await running(jobs), provenance=PROVENANCE)

    assert repeat is not None
    assert repeat.results == results_of(newest)
    assert repeat.summary == await jobs.summary(newest.job_id)


async def test_a_repeat_without_a_text_has_an_empty_list(jobs: FullJobStore) -> None:
    job = await running(jobs)
    summary = {"texts": [], "provenance": PROVENANCE}
    await jobs.complete(job.lease, results_of(job), summary=summary)

    repeat = await jobs.find_repeat(await running(jobs), provenance=PROVENANCE)

    assert repeat is not None
    assert repeat.summary == summary


@pytest.mark.parametrize(
    ("changes", "provenance"),
    [
        ({"source": StoredFile("video_jobs/other.mp4", 10, "c" * 64)}, PROVENANCE),
        ({"owner": "bob"}, PROVENANCE),
        ({}, PROVENANCE | {"program": "2"}),
        ({}, PROVENANCE | {"options": {"frame_stride": 5, "max_frames": None}}),
        ({}, {}),
    ],
    ids=["other bytes", "another owner", "another program", "other options", "nothing named"],
)
async def test_what_differs_in_anything_is_no_repeat(
    jobs: FullJobStore, changes: dict[str, object], provenance: dict[str, object]
) -> None:
    await completed(jobs, owner="ann")
    job = await running(jobs, **{"owner": "ann"} | changes)

    assert await jobs.find_repeat(job, provenance=provenance) is None


async def test_only_a_completed_job_is_repeated(jobs: FullJobStore) -> None:
    failed = await running(jobs)
    await jobs.fail(failed.lease, FailureCode.INTERNAL_ERROR, "on no list")

    assert await jobs.find_repeat(await running(jobs), provenance=PROVENANCE) is None


async def test_there_is_no_summary_before_the_end(jobs: FullJobStore) -> None:
    job = await running(jobs)

    with pytest.raises(JobNotCompleted):
        await jobs.summary(job.job_id)
    with pytest.raises(JobNotFound):
        await jobs.summary(UUID(int=0))


async def test_completing_twice_under_one_lease_is_one_completion(jobs: FullJobStore) -> None:
    """An answer lost on the wire must not make a worker throw its results away."""
    job = await running(jobs)
    await jobs.complete(job.lease, results_of(job), summary=SUMMARY)
    done = await jobs.get(job.job_id)

    await jobs.complete(job.lease, results_of(job), summary=SUMMARY)

    assert await jobs.get(job.job_id) == done
    assert await jobs.summary(job.job_id) == SUMMARY


async def test_a_failed_job_says_why(jobs: FullJobStore) -> None:
    """Regression 9: the message is stored where a reader finds it."""
    job = await running(jobs)

    await jobs.fail(job.lease, FailureCode.CORRUPT_VIDEO, "no moov box")

    failed = await jobs.get(job.job_id)
    assert (failed.status, failed.progress) == (Status.FAILED, 1.0)
    assert (failed.error_code, failed.error_message) == ("corrupt_video", "no moov box")


async def test_a_message_with_a_nul_is_storable(jobs: FullJobStore) -> None:
    job = await running(jobs)

    await jobs.fail(job.lease, FailureCode.CORRUPT_VIDEO, "bad \0 box")

    assert (await jobs.get(job.job_id)).status is Status.FAILED


@pytest.mark.parametrize("interrupted", [True, False])
async def test_a_requeued_job_is_pending(jobs: FullJobStore, interrupted: bool) -> None:
    """JOB-2: the one way back; an interruption is no crash."""
    job = await running(jobs)

    await jobs.requeue(job.lease, interrupted=interrupted)

    back = await jobs.get(job.job_id)
    assert (back.status, back.lease_owner) == (Status.PENDING, None)
    assert (back.attempt, back.interruptions, back.crashes) == (1, interrupted, not interrupted)


@pytest.mark.parametrize(
    "stale", [{"attempt": 0}, {"attempt": 2}, {"owner": "w2"}, {"job_id": UUID(int=1)}]
)
async def test_no_write_gets_past_the_fence(jobs: FullJobStore, stale: dict[str, object]) -> None:
    job = await running(jobs)
    fields = {"job_id": job.job_id, "attempt": 1, "owner": "w1"}
    lease = Lease(**fields | stale)

    for write in (
        jobs.check_held(lease),
        jobs.renew(lease, lease_seconds=LONG),
        jobs.complete(lease, results_of(job), summary=SUMMARY),
        jobs.fail(lease, FailureCode.INTERNAL_ERROR, "stale"),
        jobs.requeue(lease, interrupted=False),
    ):
        with pytest.raises(LeaseLost):
            await write

    assert await jobs.get(job.job_id) == job


async def test_a_lease_that_is_renewed_outlives_recovery(jobs: FullJobStore) -> None:
    job = await running(jobs, lease_seconds=OVER)
    await jobs.renew(job.lease, lease_seconds=LONG)

    expired = await jobs.expire_leases(max_attempts=3)

    assert (expired.requeued, expired.failed) == ((), ())
    assert (await jobs.get(job.job_id)).status is Status.RUNNING


async def test_a_lease_that_is_over_makes_the_job_pending_again(jobs: FullJobStore) -> None:
    """JOB-3: the crash left the row as it was; recovery decides."""
    job = await running(jobs, lease_seconds=OVER)
    held = await running(jobs)

    expired = await jobs.expire_leases(max_attempts=3)

    back = await jobs.get(job.job_id)
    assert (expired.requeued, expired.failed) == ((job.job_id,), ())
    assert (back.status, back.crashes, back.lease_owner) == (Status.PENDING, 1, None)
    assert (await jobs.get(held.job_id)).status is Status.RUNNING


async def test_a_video_that_loses_every_worker_has_failed(jobs: FullJobStore) -> None:
    """JOB-3: three crashed attempts, one deploy between them."""
    job = await running(jobs)
    await jobs.requeue(job.lease, interrupted=True)

    outcomes = []
    for _ in range(3):
        await jobs.claim(owner="w", lease_seconds=OVER)
        outcomes.append(await jobs.expire_leases(max_attempts=3))

    lost = await jobs.get(job.job_id)
    assert [outcome.failed for outcome in outcomes] == [(), (), (job.job_id,)]
    assert (lost.status, lost.error_code) == (Status.FAILED, "worker_lost")
    assert "FORGESYTE_MAX_ATTEMPTS is 3" in (lost.error_message or "")


async def test_a_heartbeat_leaves_updated_at_alone(jobs: FullJobStore) -> None:
    """A client that polls sees updated_at move with the status only."""
    job = await pending(jobs)
    claimed = await jobs.claim(owner="w1", lease_seconds=LONG)
    assert claimed is not None
    await jobs.renew(claimed.lease, lease_seconds=LONG)
    renewed = await jobs.get(job.job_id)

    assert claimed.updated_at > job.updated_at
    assert renewed.updated_at == claimed.updated_at


async def test_jobs_can_be_served(jobs: FullJobStore) -> None:
    await jobs.check()

    assert await jobs.claim(owner="w1", lease_seconds=LONG) is None
