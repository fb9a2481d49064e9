"""The worker's process around its jobs: start, Redis coming and going, stop."""

import asyncio
import os
import pickle
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import pytest
from arq.constants import job_key_prefix
from arq.utils import timestamp_ms

from config.graph import load_pipelines
from config.settings import SettingsError
from service.access.memory import MemoryTokens
from service.errors import DatabaseUnavailable, SchemaOutdated
from service.jobs.memory import MemoryJobs
from service.jobs.model import Status
from service.queue.arq import QUEUE_NAME, ArqQueue
from service.services import Services
from tests.queues import arq_on
from tests.unit.worker.scripted_child import BROKEN, SCRIPTED
from tests.waiting import until
from worker.main import JobWorker, Shutdown
from worker.process.scratch import sweep_forever
from worker.process.spawn import Program

NEVER_READY = Program((sys.executable, "-c", "import time; time.sleep(1000)"))

Build = Callable[..., JobWorker]


@pytest.fixture
def rung(bench, fake_redis):
    """The bench with arq's queue in place of the one in memory."""
    return replace(bench, queue=ArqQueue(arq_on(fake_redis)))


@pytest.fixture
def build(rung, fake_redis, settings) -> Build:
    def build(*, jobs: MemoryJobs | None = None, **changes) -> JobWorker:
        services = Services(
            settings=settings,
            jobs=jobs or rung.jobs,
            queue=rung.queue,
            storage=rung.storage,
            pipelines=load_pipelines(),
            tokens=MemoryTokens(),
        )

        @asynccontextmanager
        async def open_services(_settings) -> AsyncIterator[Services]:
            yield services

        return JobWorker(
            settings,
            open_services=open_services,
            open_redis=lambda _url: arq_on(fake_redis),
            **{"program": SCRIPTED} | changes,
        )

    return build


async def test_jobs_are_taken_in_the_order_they_were_accepted(rung, build):
    """QUE-1, WRK-1."""
    jobs = [await rung.submit("good") for _ in range(3)]
    worker = build()
    serving = asyncio.create_task(worker.serve())
    await until(lambda: is_at(rung, jobs[-1], Status.COMPLETED))
    worker.stop()
    await serving
    ended = [await rung.again(job) for job in jobs]

    assert ended == sorted(ended, key=lambda job: job.updated_at)
    assert {job.status for job in ended} == {Status.COMPLETED}


async def test_a_corrupt_video_and_a_crash_leave_the_worker_working(rung, build):
    """WRK-3."""
    jobs = [await rung.submit(video) for video in ("corrupt", "crash", "good")]
    worker = build()
    serving = asyncio.create_task(worker.serve())
    await until(lambda: is_at(rung, jobs[2], Status.COMPLETED))
    await until(lambda: is_at(rung, jobs[1], Status.FAILED))
    worker.stop()
    await serving

    assert (await rung.again(jobs[0])).error_code == "corrupt_video"
    assert (await rung.again(jobs[1])).error_code == "pipeline_crashed"


async def test_a_stopped_worker_lets_its_video_finish_and_takes_no_other(rung, build):
    """WRK-2."""
    first, second = await rung.submit("slow"), await rung.submit("good")
    worker = build()
    serving = asyncio.create_task(worker.serve())
    await until(lambda: is_at(rung, first, Status.RUNNING))
    worker.stop()
    await serving

    assert (await rung.again(first)).status is Status.COMPLETED
    assert (await rung.again(second)).attempt == 0


async def test_a_stopped_worker_requeues_what_takes_too_long(rung, build):
    """WRK-2, JOB-2: the next worker finds the job in the queue, and no crash is counted."""
    job = await rung.submit("ignore term")
    worker = build(shutdown=Shutdown(finish_seconds=0.2, exit_seconds=20))
    serving = asyncio.create_task(worker.serve())
    await until(lambda: is_at(rung, job, Status.RUNNING))
    worker.stop()
    await serving
    requeued = await rung.again(job)

    assert (requeued.status, requeued.crashes) == (Status.PENDING, 0)
    # One that has just started may claim before it takes the entry that would have woken it.
    assert await rung.queue.size() in (1, 2)


async def test_a_worker_told_to_stop_while_it_loads_its_models_ends(build):
    """WRK-2."""
    worker = build(program=NEVER_READY)
    serving = asyncio.create_task(worker.serve())
    worker.stop()

    await asyncio.wait_for(serving, 20)


async def test_a_worker_outlives_redis(rung, build, fake_redis):
    """QUE-1: a Redis that goes and comes back costs no worker."""
    before = await rung.submit("slow")
    worker = build()
    serving = asyncio.create_task(worker.serve())
    await until(lambda: is_at(rung, before, Status.RUNNING))
    fake_redis.connected = False
    await until(lambda: is_at(rung, before, Status.COMPLETED))
    fake_redis.connected = True
    after = await rung.submit("good")
    await until(lambda: is_at(rung, after, Status.COMPLETED))
    worker.stop()
    await serving

    assert (await rung.again(after)).attempt == 1


async def test_junk_in_the_queue_costs_no_worker(rung, build, fake_redis):
    """P9: not even an entry whose id is no text, nor one that is a pickle."""
    async with arq_on(fake_redis) as client:
        await client.zadd(
            QUEUE_NAME, {name: timestamp_ms() for name in (b"\xff\xfe", b"pickle", b"nothing")}
        )
        await client.set(job_key_prefix + "pickle", pickle.dumps({"f": "run_job"}))
    job = await rung.submit("good")
    worker = build()
    serving = asyncio.create_task(worker.serve())

    async def is_empty() -> bool:
        return await rung.queue.size() == 0

    await until(is_empty)
    await until(lambda: is_at(rung, job, Status.COMPLETED))
    worker.stop()
    await serving


class SilentJobs(MemoryJobs):
    """A database that is gone when a job is to be requeued."""

    async def requeue(self, lease, *, interrupted):
        raise DatabaseUnavailable("connection lost")


async def test_a_stopped_worker_ends_even_when_nothing_takes_its_job_back(rung, build):
    """WRK-2, JOB-3: the lease ends by itself."""
    jobs = SilentJobs()
    silent = rung.with_jobs(jobs)
    job = await silent.submit("hang")
    worker = build(jobs=jobs, shutdown=Shutdown(finish_seconds=0.1, exit_seconds=2))
    serving = asyncio.create_task(worker.serve())
    await until(lambda: is_at(silent, job, Status.RUNNING))
    worker.stop()

    await asyncio.wait_for(serving, 20)
    assert (await silent.again(job)).status is Status.RUNNING


async def test_a_worker_whose_pipeline_cannot_be_opened_does_not_start(build):
    """What the operator must mend is told from what may go better the next time."""
    with pytest.raises(SettingsError, match="The weights are not there"):
        await build(program=BROKEN).serve()


class OldSchema(MemoryJobs):
    async def check(self) -> None:
        raise SchemaOutdated("run forgesyte migrate")


async def test_a_worker_clears_away_what_a_killed_sibling_left(build, monkeypatch, tmp_path):
    """P10: also where no worker is ever started again."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("worker.main.sweep_forever", partial(sweep_forever, period_seconds=0.05))
    worker = build()
    serving = asyncio.create_task(worker.serve())
    (own,) = await until(lambda: list(tmp_path.glob("*/pipeline-*")))
    left = own.with_name("pipeline-left")
    left.mkdir()
    await until(lambda: not left.exists())

    assert own.exists()
    worker.stop()
    await serving


async def test_a_worker_on_an_old_schema_does_not_start(build):
    """JOB-4."""
    with pytest.raises(SchemaOutdated):
        await build(jobs=OldSchema()).serve()


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "DATABASE_URL"),
        (
            {
                "DATABASE_URL": "postgresql://nowhere/none",
                "REDIS_URL": "redis://nowhere",
                "FORGESYTE_LEASE_SECONDS": "soon",
            },
            "FORGESYTE_LEASE_SECONDS",
        ),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_line(environ, says):
    ended = subprocess.run(
        [sys.executable, "-m", "worker"],
        env={"PATH": os.defpath} | environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert says in ended.stderr
    assert ended.stderr.count("\n") == 1


async def is_at(rung, job, status: Status) -> bool:
    return (await rung.again(job)).status is status
