import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from config.graph import load_pipelines
from config.settings import Settings
from service.access.memory import MemoryTokens
from service.access.token import sha256_of
from service.app import create_app
from service.errors import DatabaseUnavailable, SchemaOutdated, ServiceError
from service.jobs.memory import MemoryJobs
from service.queue.memory import MemoryQueue
from service.services import Services
from service.storage.local import LocalStorage
from tests.unit.service.jobs.samples import a_new_job
from tests.waiting import until


class UncheckedJobs(MemoryJobs):
    """Jobs whose check ends with an error."""

    def __init__(self, error: ServiceError) -> None:
        super().__init__()
        self._error = error

    async def check(self) -> None:
        raise self._error


class Opened:
    """Services over memory, and whether they are open."""

    def __init__(self, folder: Path, jobs: MemoryJobs | None = None, **changes: object) -> None:
        self.is_open = False
        self.queue = MemoryQueue()
        self.services = Services(
            Settings(database_url="postgresql://unused", redis_url="redis://unused", **changes),
            jobs or MemoryJobs(),
            self.queue,
            LocalStorage(folder),
            load_pipelines(),
            MemoryTokens(),
        )

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Services]:
        self.is_open = True
        yield self.services
        self.is_open = False


async def test_services_are_open_as_long_as_the_application_runs(tmp_path: Path) -> None:
    opened = Opened(tmp_path)
    async with TestClient(TestServer(create_app(opened))) as client:
        assert opened.is_open
        assert (await client.get("/livez")).status == 200

    assert not opened.is_open


async def test_web_takes_back_the_jobs_of_crashed_workers(tmp_path: Path) -> None:
    """JOB-3."""
    opened = Opened(tmp_path, lease_seconds=0.02)
    job, _ = await opened.services.jobs.insert(a_new_job())
    await opened.services.jobs.claim(owner="gone", lease_seconds=0)
    async with TestClient(TestServer(create_app(opened))):
        assert await until(opened.queue.dequeue) == job.job_id


async def test_nothing_goes_on_after_the_application_has_ended(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with TestClient(TestServer(create_app(Opened(tmp_path)))):
        pass

    assert asyncio.all_tasks() == before


async def test_an_old_schema_stops_the_start(tmp_path: Path) -> None:
    opened = Opened(tmp_path, UncheckedJobs(SchemaOutdated("run `forgesyte migrate`")))
    with pytest.raises(SchemaOutdated, match="forgesyte migrate"):
        await TestServer(create_app(opened)).start_server()


async def test_a_silent_database_does_not_stop_the_start(tmp_path: Path) -> None:
    opened = Opened(tmp_path, UncheckedJobs(DatabaseUnavailable("connection refused")))
    async with TestClient(TestServer(create_app(opened))) as client:
        answer = await client.get("/livez")

        assert answer.status == 200


@pytest.mark.parametrize("changes", [{"host": "0.0.0.0"}, {"host": "::"}, {"auth": "required"}])
async def test_a_start_without_any_token_says_what_to_do_and_lets_nobody_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, changes: dict[str, str]
) -> None:
    opened = Opened(tmp_path, **changes)
    async with TestClient(TestServer(create_app(opened))) as client:
        (told,) = [line.message for line in caplog.records if line.levelname == "WARNING"]
        refused = await client.get("/v1/jobs")
        await opened.services.tokens.create("ann", sha256_of("a"))
        let_in = await client.get("/v1/jobs", headers={"Authorization": "Bearer a"})

    assert "`forgesyte tokens create NAME`" in told
    assert (refused.status, let_in.status) == (401, 200)


async def test_a_start_with_a_token_says_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opened = Opened(tmp_path, host="0.0.0.0")
    await opened.services.tokens.create("ann", sha256_of("a"))
    async with TestClient(TestServer(create_app(opened))):
        assert [line for line in caplog.records if line.levelname == "WARNING"] == []


async def test_an_open_door_is_served_when_asked_for_and_said_to_be_open(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opened = Opened(tmp_path, host="0.0.0.0", auth="off")
    async with TestClient(TestServer(create_app(opened))) as client:
        answer = await client.get("/v1/jobs")

    (told,) = [line.message for line in caplog.records if line.levelname == "WARNING"]
    assert answer.status == 200
    assert "whoever reaches the port" in told
