import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from config.graph import load_pipelines
from config.settings import Settings
from service.access.memory import MemoryTokens
from service.access.store import TokenStore
from service.app import create_app
from service.jobs.memory import MemoryJobs
from service.queue.base import QueueService
from service.queue.memory import MemoryQueue
from service.services import Services
from service.storage.base import Storage
from service.storage.local import LocalStorage
from service.web.requests import AccessLog
from service.web.server import KEEPALIVE_SECONDS, WebRunner
from service.web.upload.body import Pace
from service.web.verified import VerifiedFiles


class OwnServer(TestServer):
    """A test server whose connections are those of `python -m service`."""

    async def _make_runner(self, **settings: Any) -> WebRunner:
        return WebRunner(self.app, **settings)


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
def tokens() -> MemoryTokens:
    return MemoryTokens()


@pytest.fixture
def serve(
    aiohttp_client: Callable[..., Awaitable[TestClient]],
    jobs: MemoryJobs,
    queue: MemoryQueue,
    storage: LocalStorage,
    tokens: MemoryTokens,
) -> Serve:
    """Start the application, on other adapters or with other settings where a test names them."""
    own_jobs, own_queue, own_storage, own_tokens = jobs, queue, storage, tokens

    async def start(
        *,
        jobs: MemoryJobs = own_jobs,
        queue: QueueService = own_queue,
        storage: Storage = own_storage,
        tokens: TokenStore = own_tokens,
        pace: Pace | None = None,
        verified_files: VerifiedFiles | None = None,
        keepalive_seconds: float = KEEPALIVE_SECONDS,
        **changes: object,
    ) -> TestClient:
        settings = Settings(
            database_url="postgresql://unused", redis_url="redis://unused", **changes
        )

        @asynccontextmanager
        async def open_services() -> AsyncIterator[Services]:
            yield Services(settings, jobs, queue, storage, load_pipelines(), tokens)

        app = create_app(open_services, pace=pace, verified_files=verified_files)
        server = OwnServer(app)
        await server.start_server(
            keepalive_timeout=keepalive_seconds,
            access_log=logging.getLogger("access"),
            access_log_class=AccessLog,
        )
        return await aiohttp_client(server)

    return start


@pytest.fixture
async def client(serve: Serve) -> TestClient:
    return await serve()
