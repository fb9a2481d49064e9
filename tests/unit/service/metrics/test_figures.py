import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from config.graph import load_pipelines
from config.settings import Settings
from service.access.memory import MemoryTokens
from service.jobs.memory import MemoryJobs
from service.jobs.operations.base import JobFigures
from service.metrics.figures import SharedFigures
from service.queue.memory import MemoryQueue
from service.services import Services
from service.storage.local import LocalStorage


class SlowJobs(MemoryJobs):
    """Jobs that are counted when they are let, and how often that was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.let = asyncio.Event()

    async def figures(self) -> JobFigures:
        self.asked += 1
        await self.let.wait()
        return JobFigures(pending=self.asked)


@pytest.fixture
def jobs() -> SlowJobs:
    return SlowJobs()


@pytest.fixture
def services(jobs: SlowJobs, tmp_path: Path) -> Services:
    settings = Settings(database_url="postgresql://unused", redis_url="redis://unused")
    return Services(
        settings, jobs, MemoryQueue(), LocalStorage(tmp_path), load_pipelines(), MemoryTokens()
    )


def shown(figures: SharedFigures) -> str:
    registry = CollectorRegistry()
    registry.register(figures)
    return generate_latest(registry).decode()


async def test_scrapes_at_the_same_time_wait_for_one_reading(
    services: Services, jobs: SlowJobs
) -> None:
    figures = SharedFigures()
    async with asyncio.TaskGroup() as scrapes:
        for _ in range(50):
            scrapes.create_task(figures.refresh(services))
        await asyncio.sleep(0)
        jobs.let.set()

    assert jobs.asked == 1
    assert 'forgesyte_jobs{status="pending"} 1.0' in shown(figures)


async def test_what_is_too_old_is_read_again(services: Services, jobs: SlowJobs) -> None:
    figures = SharedFigures(fresh_seconds=0)
    jobs.let.set()
    await figures.refresh(services)
    await figures.refresh(services)

    assert 'forgesyte_jobs{status="pending"} 2.0' in shown(figures)


async def test_a_scrape_that_is_given_up_keeps_no_other_waiting(
    services: Services, jobs: SlowJobs
) -> None:
    figures = SharedFigures()
    first = asyncio.create_task(figures.refresh(services))
    await asyncio.sleep(0)
    first.cancel()
    jobs.let.set()
    await figures.refresh(services)

    assert 'forgesyte_jobs{status="pending"}' in shown(figures)


async def test_before_anything_is_read_nothing_is_claimed() -> None:
    assert "forgesyte_jobs{" not in shown(SharedFigures())


class UnendingStorage(LocalStorage):
    """A disk without an end."""

    async def free_bytes(self) -> None:  # type: ignore[override]
        return None


async def test_a_storage_without_an_end_says_nothing_of_it(
    services: Services, jobs: SlowJobs, tmp_path: Path
) -> None:
    figures = SharedFigures()
    jobs.let.set()
    await figures.refresh(replace(services, storage=UnendingStorage(tmp_path)))

    assert "\nforgesyte_storage_free_bytes " not in shown(figures)
