"""One suite for every place where all the jobs can be looked at."""

from itertools import pairwise
from uuid import UUID

import pytest

from service.errors import JobNotFound, LeaseLost
from service.jobs.catalog.base import Place
from service.jobs.model import Job, Status
from service.services import FullJobStore
from tests.contracts.test_jobs import LONG, SUMMARY, new_job, pending, results_of, running


def place_of(job: Job) -> Place:
    return Place(job.created_at, job.job_id)


async def test_jobs_are_listed_newest_first_page_by_page(jobs: FullJobStore) -> None:
    accepted = [(await pending(jobs)).job_id for _ in range(5)]

    first = await jobs.list_jobs(limit=2)
    second = await jobs.list_jobs(limit=2, after=place_of(first[-1]))
    last = await jobs.list_jobs(limit=2, after=place_of(second[-1]))

    pages = [[job.job_id for job in page] for page in (first, second, last)]
    assert pages == [accepted[4:2:-1], accepted[2:0:-1], accepted[:1]]


async def test_a_job_accepted_between_two_pages_is_on_neither_of_those_that_follow(
    jobs: FullJobStore,
) -> None:
    for _ in range(3):
        await pending(jobs)
    first = await jobs.list_jobs(limit=2)
    new = await pending(jobs)

    rest = await jobs.list_jobs(limit=10, after=place_of(first[-1]))

    assert len(rest) == 1
    assert new not in rest


async def test_a_list_may_have_one_status_only(jobs: FullJobStore) -> None:
    done = await running(jobs)
    await jobs.complete(done.lease, results_of(done), summary=SUMMARY)
    waiting = await pending(jobs)

    listed = {
        status: [job.job_id for job in await jobs.list_jobs(limit=9, status=status)]
        for status in Status
    }

    assert listed[Status.PENDING] == [waiting.job_id]
    assert listed[Status.COMPLETED] == [done.job_id]
    assert listed[Status.RUNNING] == listed[Status.FAILED] == []


async def test_a_list_has_the_jobs_of_one_owner(jobs: FullJobStore) -> None:
    await pending(jobs, owner="ann")
    bobs = await pending(jobs, owner="bob")

    assert await jobs.list_jobs(limit=9, owner="bob") == [bobs]


async def test_a_listed_job_has_all_that_it_was_given(jobs: FullJobStore) -> None:
    job = await pending(jobs, input_name="street.mp4")

    assert await jobs.list_jobs(limit=9) == [job]
    assert (await jobs.detail(job.job_id)).job == job


async def test_a_pending_job_says_how_many_are_claimed_before_it(jobs: FullJobStore) -> None:
    held = await running(jobs)
    waiting = [await pending(jobs, owner=owner) for owner in ("ann", "bob", "ann")]

    details = [await jobs.detail(job.job_id, owner=job.owner) for job in (held, *waiting)]

    assert [detail.queue_position for detail in details] == [None, 0, 1, 2]


async def test_an_unknown_job_has_no_detail(jobs: FullJobStore) -> None:
    with pytest.raises(JobNotFound):
        await jobs.detail(UUID(int=0))


async def test_frames_are_those_of_the_last_heartbeat_and_go_with_the_worker(
    jobs: FullJobStore,
) -> None:
    job = await running(jobs)
    counts = []
    for done in (10, 20):
        await jobs.renew(job.lease, lease_seconds=LONG, frames_done=done, frames_expected=99)
        now = (await jobs.detail(job.job_id)).job
        counts.append((now.frames_done, now.frames_expected))
    await jobs.requeue(job.lease, interrupted=True)
    back = (await jobs.detail(job.job_id)).job

    assert counts == [(10, 99), (20, 99)]
    assert (back.frames_done, back.frames_expected) == (None, None)


async def test_pages_hold_their_order_where_many_were_accepted_at_once(
    jobs: FullJobStore,
) -> None:
    for _ in range(20):
        await pending(jobs)
    listed = await jobs.list_jobs(limit=200)

    ages = [(job.created_at, job.job_id) for job in listed]
    assert all(newer > older for newer, older in pairwise(ages))


async def test_a_removed_job_is_gone_with_all_that_was_found(jobs: FullJobStore) -> None:
    job = await running(jobs)
    await jobs.complete(job.lease, results_of(job), summary=SUMMARY)
    kept = await pending(jobs)

    removed = await jobs.remove(job.job_id)

    assert (removed.status, removed.output_path) == (Status.COMPLETED, results_of(job).key)
    assert await jobs.list_jobs(limit=9) == [kept]
    for ask in (jobs.get, jobs.detail, jobs.summary, jobs.remove):
        with pytest.raises(JobNotFound):
            await ask(job.job_id)


async def test_who_holds_a_job_learns_that_it_was_removed(jobs: FullJobStore) -> None:
    job = await running(jobs)
    await jobs.check_held(job.lease)
    assert await jobs.exists(job.job_id)

    await jobs.remove(job.job_id)

    assert not await jobs.exists(job.job_id)
    for write in (
        jobs.check_held(job.lease),
        jobs.renew(job.lease, lease_seconds=LONG),
        jobs.complete(job.lease, results_of(job), summary=SUMMARY),
        jobs.requeue(job.lease, interrupted=True),
    ):
        with pytest.raises(LeaseLost):
            await write


async def test_the_key_of_a_removed_job_may_be_used_again(jobs: FullJobStore) -> None:
    first = await pending(jobs, idempotency_key="k")
    await jobs.remove(first.job_id)

    again, created = await jobs.insert(new_job(idempotency_key="k"))

    assert created
    assert again.job_id != first.job_id


async def test_a_removed_job_is_not_claimed(jobs: FullJobStore) -> None:
    removed, kept = await pending(jobs), await pending(jobs)
    await jobs.remove(removed.job_id)

    claimed = await jobs.claim(owner="w1", lease_seconds=LONG)

    assert claimed is not None
    assert claimed.job_id == kept.job_id


async def test_a_job_of_another_owner_is_not_there(jobs: FullJobStore) -> None:
    job = await pending(jobs, owner="ann")

    for owner in ("", "bob", "ANN", "ann "):
        for ask in (jobs.get, jobs.detail, jobs.remove):
            with pytest.raises(JobNotFound, match=str(job.job_id)):
                await ask(job.job_id, owner=owner)
    assert await jobs.get(job.job_id, owner="ann") == job
    assert (await jobs.detail(job.job_id, owner="ann")).job.job_id == job.job_id
    assert (await jobs.remove(job.job_id, owner="ann")).job_id == job.job_id


async def test_pending_jobs_are_counted_by_owner(jobs: FullJobStore) -> None:
    await running(jobs, owner="ann")
    for _ in range(3):
        await pending(jobs, owner="ann")
    await pending(jobs, owner="bob")

    assert [await jobs.count_pending(owner) for owner in ("ann", "bob", "", "carl")] == [3, 1, 0, 0]


async def test_jobs_of_nobody_are_adopted_and_those_of_others_are_not(jobs: FullJobStore) -> None:
    of_nobody = [(await pending(jobs)).job_id for _ in range(3)]
    of_bob = await pending(jobs, owner="bob")

    assert await jobs.adopt("ann") == 3

    assert [job.job_id for job in await jobs.list_jobs(limit=9, owner="ann")] == of_nobody[::-1]
    assert await jobs.list_jobs(limit=9) == []
    assert await jobs.get(of_bob.job_id, owner="bob") == of_bob
    assert await jobs.adopt("ann") == 0


async def test_a_key_that_the_new_owner_has_used_stays_with_its_own_job(
    jobs: FullJobStore,
) -> None:
    own = await pending(jobs, owner="ann", idempotency_key="k")
    same, other = [await pending(jobs, idempotency_key=key) for key in ("k", "l")]

    await jobs.adopt("ann")

    again, _ = await jobs.insert(new_job(owner="ann", idempotency_key="k"))
    kept, _ = await jobs.insert(new_job(owner="ann", idempotency_key="l"))
    assert (again.job_id, kept.job_id) == (own.job_id, other.job_id)
    assert (await jobs.get(same.job_id, owner="ann")).idempotency_key is None
