from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from config.graph import load_pipelines
from config.settings import Settings
from service.app import create_app
from service.jobs.memory import MemoryJobs
from service.queue.base import QueueService
from service.queue.memory import MemoryQueue
from service.services import Services
from service.storage.base import StorageService
from service.storage.local import LocalStorage

Serve = Callable[..., Awaitable[TestClient]]


@pytest.fixture
def jobs() -> MemoryJobs:
    return MemoryJobs()


@pytest.fixture
def queue() -> MemoryQueue:
    return MemoryQueue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the storage keeps its files."""
    return tmp_path / "storage"


@pytest.fixture
def storage(folder: Path) -> LocalStorage:
    return LocalStorage(folder)


@pytest.fixture
def serve(
    aiohttp_client: Callable[..., Awaitable[TestClient]],
    jobs: MemoryJobs,
    queue: MemoryQueue,
    storage: LocalStorage,
) -> Serve:
    """Start the application, on other adapters or with other settings where a test names them."""
    own_jobs, own_queue, own_storage = jobs, queue, storage

    async def start(
        *,
        jobs: MemoryJobs = own_jobs,
        queue: QueueService = own_queue,
        storage: StorageService = own_storage,
        upload_idle_seconds: float = 5.0,
        **changes: object,
    ) -> TestClient:
        settings = Settings(
            database_url="postgresql://unused", redis_url="redis://unused", **changes
        )

        @asynccontextmanager
        async def open_services() -> AsyncIterator[Services]:
            yield Services(settings, jobs, queue, storage, load_pipelines())

        client = await aiohttp_client(
            create_app(open_services, upload_idle_seconds=upload_idle_seconds)
        )
        # As `python -m service` has it; aiohttp's test server cancels the handlers of clients gone.
        client.server.runner.server.handler_cancellation = False
        return client

    return start


@pytest.fixture
async def client(serve: Serve) -> TestClient:
    return await serve()
