import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Counter

from config.settings import Settings
from service.launcher.server_process import free_port
from service.metrics import serving
from service.metrics.serving import serve_metrics_forever
from tests.waiting import until


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("things", "Things", registry=registry)
    return registry


def settings(**changes: object) -> Settings:
    return Settings(database_url="postgresql://unused", redis_url="redis://unused", **changes)


@asynccontextmanager
async def served(registry: CollectorRegistry, settings: Settings) -> AsyncIterator[None]:
    serving = asyncio.create_task(serve_metrics_forever(registry, settings))
    try:
        yield
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def asked(port: int, path: str = "/metrics", **headers: str) -> tuple[int, str] | None:
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}{path}", headers=headers) as answer,
        ):
            return answer.status, await answer.text()
    except aiohttp.ClientConnectionError:
        return None


async def test_they_are_served_at_the_port_that_is_set(registry: CollectorRegistry) -> None:
    port = free_port()
    async with served(registry, settings(metrics_port=port)):
        status, text = await until(lambda: asked(port))

        assert (status, "things_total 0.0" in text) == (200, True)
        assert (await asked(port, "/"))[0] == 404  # type: ignore[index]
    assert await asked(port) is None


async def test_without_a_port_nothing_is_served(registry: CollectorRegistry) -> None:
    await serve_metrics_forever(registry, settings())


async def test_a_token_is_asked_for_where_one_is_set(registry: CollectorRegistry) -> None:
    port = free_port()
    async with served(registry, settings(metrics_port=port, metrics_token="m")):
        refused = await until(lambda: asked(port))
        wrong = await asked(port, Authorization="Bearer w")
        let_in = await asked(port, Authorization="Bearer m")

    assert [answer and answer[0] for answer in (refused, wrong, let_in)] == [401, 401, 200]


async def test_a_port_that_is_taken_is_had_as_soon_as_it_is_free(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that is replaced has it for a while yet, and jobs do not wait for metrics."""
    monkeypatch.setattr(serving, "RETRY_SECONDS", 0.01)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        async with served(registry, settings(metrics_port=port)):
            await until(lambda: [each for each in caplog.records if "not served" in each.message])
            other.close()

            assert (await until(lambda: asked(port)))[0] == 200
