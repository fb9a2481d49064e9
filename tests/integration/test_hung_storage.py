"""A storage that never answers, as a network's may: here a pipe that nobody writes to."""

import asyncio
import errno
import os
import signal
import sys
from pathlib import Path

from service.jobs.postgres import open_postgres_jobs
from tests.system.harness import EXIT_SECONDS, environ_for
from tests.unit.service.jobs.samples import a_new_job
from tests.waiting import until
from worker.main import LEFT_BEHIND


async def test_a_worker_whose_storage_hangs_ends_when_it_is_told_to(
    tmp_path: Path, migrated_url: str, redis_url: str
) -> None:
    """WRK-2, P7: a thread that reads cannot be called back, but the process can end without it."""
    environ = environ_for(tmp_path, database_url=migrated_url, redis_url=redis_url)
    async with open_postgres_jobs(migrated_url) as jobs:
        job, _ = await jobs.insert(a_new_job())
        video = tmp_path / "storage" / job.input_path
        video.parent.mkdir(parents=True)
        os.mkfifo(video)
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.integration.hung_worker", env=environ
        )
        silent = await until(lambda: opened_for_nothing(video))
        worker.send_signal(signal.SIGTERM)
        async with asyncio.timeout(EXIT_SECONDS):
            exit_status = await worker.wait()
        os.close(silent)

    assert exit_status == LEFT_BEHIND


def opened_for_nothing(pipe: Path) -> int | None:
    """The end that could write, once somebody waits at the other."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return None
