"""Web at a port of its own, in a thread, on the memory adapters and a real folder."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from aiohttp import web

from config.graph import load_pipelines
from config.settings import Settings
from service.access.memory import MemoryTokens
from service.app import create_app
from service.jobs.memory import MemoryJobs
from service.queue.memory import MemoryQueue
from service.services import Services
from service.storage.local import LocalStorage
from service.web.server import WebRunner


@contextmanager
def web_port(folder: Path) -> Iterator[int]:
    """The port, until the block ends."""
    ready, stopped, ports = threading.Event(), threading.Event(), list[int]()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(folder, ports, ready, stopped)))
    thread.start()
    try:
        assert ready.wait(30)
        yield ports[0]
    finally:
        stopped.set()
        thread.join()


async def _serve(
    folder: Path, ports: list[int], ready: threading.Event, stopped: threading.Event
) -> None:
    settings = Settings(
        database_url="postgresql://unused", redis_url="redis://unused", min_free_bytes=0
    )

    @asynccontextmanager
    async def open_services() -> AsyncIterator[Services]:
        yield Services(
            settings,
            MemoryJobs(),
            MemoryQueue(),
            LocalStorage(folder),
            load_pipelines(),
            MemoryTokens(),
        )

    runner = WebRunner(create_app(open_services))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ports.append(runner.addresses[0][1])
    ready.set()
    await asyncio.to_thread(stopped.wait)
    await runner.cleanup()
