"""A server at another port, as something between two machines gives it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ssl import SSLContext
from urllib.parse import urlsplit


@asynccontextmanager
async def forwarded(port: int, url: str, *, tls: SSLContext | None = None) -> AsyncIterator[None]:
    """A server that is up at this port too, there with TLS, as long as the context is open."""
    to = urlsplit(url)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection(to.hostname, to.port)
        async with asyncio.TaskGroup() as both:
            both.create_task(copy(reader, ours))
            both.create_task(copy(theirs, writer))

    async with await asyncio.start_server(forward, "127.0.0.1", port, ssl=tls):
        yield


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
