"""What an operator is shown of every place jobs are kept."""

from uuid import uuid4

from config.failures import FailureCode
from service.jobs.model import Status
from service.jobs.operations.base import JobFigures, Role
from service.services import FullJobStore
from tests.contracts.test_jobs import SUMMARY, pending, results_of, running


async def test_without_jobs_every_figure_is_nothing(jobs: FullJobStore) -> None:
    assert await jobs.figures() == JobFigures()


async def test_jobs_are_counted_by_status_and_error_code_whoever_owns_them(
    jobs: FullJobStore,
) -> None:
    for code in (FailureCode.NO_FRAMES, FailureCode.NO_FRAMES, FailureCode.TOO_LONG):
        failed = await running(jobs, owner="ann")
        await jobs.fail(failed.lease, code, "why")
    completed = await running(jobs)
    await jobs.complete(completed.lease, results_of(completed), summary=SUMMARY)
    await running(jobs, owner="bob")
    for _ in range(2):
        await pending(jobs)

    figures = await jobs.figures()

    assert (figures.pending, figures.running) == (2, 1)
    assert figures.finished == {
        (Status.COMPLETED, ""): 1,
        (Status.FAILED, "no_frames"): 2,
        (Status.FAILED, "too_long"): 1,
    }
    assert 0 < figures.oldest_pending_seconds < 600


async def test_no_more_connections_are_in_use_than_there_may_be(jobs: FullJobStore) -> None:
    await jobs.figures()
    connections = jobs.connections()

    assert 0 == connections.in_use <= connections.limit


async def test_a_worker_is_alive_until_it_retires(jobs: FullJobStore) -> None:
    first, second = uuid4(), uuid4()
    await jobs.announce("a", first, role=Role.WORKER, seconds=60)
    await jobs.announce("b", uuid4(), role=Role.WORKER, seconds=60)
    await jobs.announce("b", second, role=Role.WORKER, seconds=60)

    assert await jobs.live(Role.WORKER) == {"a": first, "b": second}
    assert (await jobs.figures()).workers == 2

    await jobs.retire("a")
    assert await jobs.live(Role.WORKER) == {"b": second}


async def test_a_web_process_is_alive_beside_the_workers_and_is_none(jobs: FullJobStore) -> None:
    proof = uuid4()
    await jobs.announce("web", proof, role=Role.WEB, seconds=60)

    assert await jobs.live(Role.WEB) == {"web": proof}
    assert await jobs.live(Role.WORKER) == {}
    assert (await jobs.figures()).workers == 0


async def test_a_worker_that_was_killed_is_not_alive_for_long(jobs: FullJobStore) -> None:
    await jobs.announce("killed", uuid4(), role=Role.WORKER, seconds=-1)

    assert await jobs.live(Role.WORKER) == {}
    assert (await jobs.figures()).workers == 0
