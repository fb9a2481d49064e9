from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from config.settings import Settings
from service.app import create_app
from service.wiring import open_services


@pytest.fixture
def settings(migrated_url: str, redis_url: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=migrated_url, redis_url=redis_url, storage_url=f"file://{tmp_path}/storage"
    )


@pytest.fixture
async def client(
    settings: Settings, aiohttp_client: Callable[..., Awaitable[TestClient]]
) -> TestClient:
    return await aiohttp_client(create_app(lambda: open_services(settings)))
